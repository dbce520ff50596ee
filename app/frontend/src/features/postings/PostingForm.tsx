import { useState } from "react";
import { Field, Select, TextArea } from "../../components/Field";
import { Form } from "../../components/Form";
import { SaveState } from "../../components/SaveState";
import type { Posting, PostingIn } from "../../lib/api/types";
import { dateOrNone } from "../../lib/dates";
import { statuses, statusNames } from "./statuses";

const names = [
  "title",
  "company",
  "location",
  "link",
  "status",
  "posted_on",
  "closes_on",
  "applied_on",
  "description",
] as const;

interface PostingFormProps {
  /** The posting to edit; without it the form makes a new one. */
  posting?: Posting;
  save: (values: PostingIn) => Promise<unknown>;
  reload?: () => Promise<unknown>;
  savedAt?: string | undefined;
}

export function PostingForm({ posting, save, reload, savedAt }: PostingFormProps) {
  const [edited, setEdited] = useState(false);

  async function submit(values: Record<(typeof names)[number], string>) {
    setEdited(false);
    try {
      await save({
        ...values,
        status: values.status as PostingIn["status"],
        posted_on: dateOrNone(values.posted_on),
        closes_on: dateOrNone(values.closes_on),
        applied_on: dateOrNone(values.applied_on),
      });
    } catch (error) {
      setEdited(true);
      throw error;
    }
  }

  return (
    <Form
      className="form-columns"
      names={names}
      onSubmit={submit}
      {...(reload && { onReload: reload })}
      onChange={() => {
        setEdited(true);
      }}
      takesFocus={!posting}
      submitLabel="Save posting"
      pendingLabel="Saving…"
      footer={<SaveState edited={edited} savedAt={savedAt} />}
    >
      <Field name="title" label="Title" defaultValue={posting?.title} maxLength={200} required />
      <Field name="company" label="Company" defaultValue={posting?.company} maxLength={200} required />
      <Field name="location" label="Location" defaultValue={posting?.location} maxLength={200} />
      <Field
        name="link"
        label="Link"
        type="url"
        placeholder="https://"
        defaultValue={posting?.link}
        maxLength={2000}
      />
      <Select name="status" label="Status" defaultValue={posting?.status}>
        {statuses.map((status) => (
          <option key={status} value={status}>
            {statusNames[status]}
          </option>
        ))}
      </Select>
      <Field name="applied_on" label="Applied on" type="date" defaultValue={posting?.applied_on ?? ""} />
      <Field name="posted_on" label="Posted on" type="date" defaultValue={posting?.posted_on ?? ""} />
      <Field name="closes_on" label="Closes on" type="date" defaultValue={posting?.closes_on ?? ""} />
      <TextArea
        name="description"
        label="Description"
        rows={6}
        defaultValue={posting?.description}
        maxLength={20_000}
        wide
      />
    </Form>
  );
}
