import { formatTime } from "../lib/format";

/** Beside a save button: whether what one sees is stored. */
export function SaveState({ edited, savedAt }: { edited: boolean; savedAt: string | undefined }) {
  return (
    <p className="save-state" role="status">
      {edited ? "Not saved yet" : savedAt && `Saved at ${formatTime(savedAt)}`}
    </p>
  );
}
