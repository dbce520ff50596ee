import { useState } from "react";
import { Field, TextArea } from "../../components/Field";
import { Form } from "../../components/Form";
import { SaveState } from "../../components/SaveState";
import { useStartingPoint } from "../../components/useStartingPoint";
import type { Profile } from "../../lib/api/types";
import { useReloadProfile, useSaveProfile } from "./api";

const names = ["full_name", "headline", "location", "phone", "website", "summary"] as const;

export function ProfileForm({ profile: loaded }: { profile: Profile }) {
  const { state: profile, filling, goOnFrom, fillWith } = useStartingPoint(loaded);
  const [edited, setEdited] = useState(false);
  const save = useSaveProfile();
  const load = useReloadProfile();

  async function submit(values: Record<(typeof names)[number], string>) {
    setEdited(false);
    try {
      goOnFrom(await save.mutateAsync({ values, etag: profile.etag }));
    } catch (error) {
      setEdited(true);
      throw error;
    }
  }

  async function reload() {
    fillWith(await load());
    setEdited(false);
  }

  return (
    <Form
      key={filling}
      className="form-columns"
      names={names}
      onSubmit={submit}
      onReload={reload}
      onChange={() => {
        setEdited(true);
      }}
      submitLabel="Save profile"
      pendingLabel="Saving…"
      footer={<SaveState edited={edited} savedAt={save.data?.updated_at} />}
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
