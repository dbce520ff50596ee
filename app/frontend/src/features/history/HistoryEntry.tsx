import { useState } from "react";
import { ConfirmedAction } from "../../components/ConfirmedAction";
import { useFocusNext } from "../../components/useFocusNext";
import { formatPeriod } from "../../lib/format";
import { useRemoveEntry, type Entry } from "./api";
import { EntryForm } from "./EntryForm";
import type { HistoryKind } from "./HistorySection";

interface HistoryEntryProps<Kind extends Entry> {
  kind: HistoryKind<Kind>;
  entry: Kind;
  onRemoved: () => void;
}

/** An entry to read, and the form that takes its place while it is edited. */
export function HistoryEntry<Kind extends Entry>({ kind, entry, onRemoved }: HistoryEntryProps<Kind>) {
  const [editing, setEditing] = useState(false);
  const remove = useRemoveEntry(kind.path);
  const focusNext = useFocusNext();
  const name = kind.name(entry);
  const editId = `edit-${kind.path.slice(1)}-${String(entry.id)}`;

  function stopEditing() {
    setEditing(false);
    focusNext(editId);
  }

  if (editing) {
    return (
      <li className="entry">
        <EntryForm kind={kind} entry={entry} onSaved={stopEditing} onCancel={stopEditing} />
      </li>
    );
  }
  return (
    <li className="entry">
      <div className="entry-head">
        <h3>{name}</h3>
        <p className="entry-aside">{formatPeriod(entry.start_date, entry.end_date)}</p>
      </div>
      <p className="entry-place">{kind.place(entry)}</p>
      {entry.description && <p className="entry-text">{entry.description}</p>}
      <div className="actions">
        <button
          type="button"
          id={editId}
          className="button button-quiet"
          onClick={() => {
            setEditing(true);
          }}
        >
          Edit <span className="unseen">{name}</span>
        </button>
        <ConfirmedAction
          label="Remove"
          of={name}
          question={`Remove “${name}” for good?`}
          confirmLabel="Remove"
          action={async () => {
            await remove.mutateAsync(entry);
            onRemoved();
          }}
        />
      </div>
    </li>
  );
}
