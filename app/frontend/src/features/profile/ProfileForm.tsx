import { useState } from "react";
import { Field, TextArea } from "../../components/Field";
import { Form } from "../../components/Form";
import { ApiError, problemTypes } from "../../lib/api/problem";
import { useSaveProfile, type Profile, type ProfileValues } from "./api";

const names = ["full_name", "headline", "location", "phone", "website", "summary"] as const;

export function ProfileForm({ profile }: { profile: Profile }) {
  const save = useSaveProfile();
  const [edited, setEdited] = useState(false);

  async function submit(values: ProfileValues) {
    setEdited(false);
    try {
      await save.mutateAsync(values);
    } catch (error) {
      setEdited(true);
      throw explained(error);
    }
  }

  return (
    <Form
      className="profile-form"
      names={names}
      onSubmit={submit}
      onChange={() => {
        setEdited(true);
      }}
      submitLabel="Save profile"
      pendingLabel="Saving…"
      footer={<SaveState edited={edited} saved={save.isSuccess} updatedAt={profile.updated_at} />}
    >
      <Field
        name="full_name"
        label="Full name"
        defaultValue={profile.full_name}
        autoComplete="name"
        maxLength={200}
      />
      <Field
        name="location"
        label="Location"
        defaultValue={profile.location}
        autoComplete="address-level2"
        maxLength={200}
      />
      <Field
        name="headline"
        label="Headline"
        hint="What you do, in a few words."
        defaultValue={profile.headline}
        maxLength={200}
        wide
      />
      <Field
        name="phone"
        label="Phone"
        type="tel"
        defaultValue={profile.phone}
        autoComplete="tel"
        maxLength={40}
      />
      <Field
        name="website"
        label="Website"
        type="url"
        placeholder="https://"
        defaultValue={profile.website}
        autoComplete="url"
        maxLength={500}
      />
      <TextArea
        name="summary"
        label="About you"
        rows={6}
        defaultValue={profile.summary}
        maxLength={10_000}
        wide
      />
    </Form>
  );
}

/** A session may run out while somebody types: say how to save without losing what was typed. */
function explained(error: unknown): unknown {
  if (!(error instanceof ApiError) || error.type !== problemTypes.notSignedIn) return error;
  return new ApiError(
    "You have been logged out. Log in again in another browser tab, then save here: nothing you typed is lost.",
  );
}

function SaveState({ edited, saved, updatedAt }: { edited: boolean; saved: boolean; updatedAt: string }) {
  const time = new Date(updatedAt);
  return (
    <p className="save-state" role="status">
      {edited
        ? "Not saved yet"
        : saved
          ? `Saved at ${time.toLocaleTimeString([], { timeStyle: "short" })}`
          : ""}
    </p>
  );
}
