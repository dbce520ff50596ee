import { Field, TextArea } from "../../components/Field";
import { Form } from "../../components/Form";
import { useStartingPoint } from "../../components/useStartingPoint";
import { dateOrNone } from "../../lib/dates";
import { useReloadEntry, useSaveEntry, type Entry, type EntryIn } from "./api";
import type { HistoryKind } from "./HistorySection";

interface EntryFormProps<Kind extends Entry> {
  kind: HistoryKind<Kind>;
  /** The entry to edit; without it the form makes a new one. */
  entry?: Kind;
  onSaved: () => void;
  onCancel: () => void;
}

export function EntryForm<Kind extends Entry>(props: EntryFormProps<Kind>) {
  const { kind, entry: loaded, onSaved, onCancel } = props;
  const { state: entry, filling, fillWith } = useStartingPoint(loaded);
  const save = useSaveEntry(kind.path);
  const load = useReloadEntry<Kind>(kind.path);

  async function submit({ end_date, ...values }: Record<string, string>) {
    // Nothing typed means that it still goes on.
    await save.mutateAsync({
      values: { ...values, end_date: dateOrNone(end_date) } as EntryIn,
      replaced: entry,
    });
    onSaved();
  }

  return (
    <Form
      key={filling}
      className="form-columns form-inset"
      aria-label={entry ? `Edit ${kind.name(entry)}` : kind.addLabel}
      names={[...kind.names, "start_date", "end_date", "description"] as string[]}
      onSubmit={submit}
      {...(entry && {
        onReload: async () => {
          fillWith(await load(entry.id));
        },
      })}
      takesFocus
      submitLabel="Save"
      pendingLabel="Saving…"
      footer={
        <button type="button" className="button button-quiet" onClick={onCancel}>
          Cancel
        </button>
      }
    >
      {kind.fields(entry)}
      <Field name="start_date" label="From" type="date" defaultValue={entry?.start_date} required />
      <Field
        name="end_date"
        label="Until"
        hint="Leave it empty while it still goes on."
        type="date"
        defaultValue={entry?.end_date ?? ""}
      />
      <TextArea
        name="description"
        label="Description"
        rows={4}
        defaultValue={entry?.description}
        maxLength={10_000}
        wide
      />
    </Form>
  );
}
