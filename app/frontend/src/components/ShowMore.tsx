interface ShowMoreProps {
  /** What there is more of, for those who hear the button out of its place. */
  of: string;
  more: boolean;
  pending: boolean;
  failure: Error | null;
  load: () => unknown;
}

/** At the end of a list of which only the beginning is loaded. */
export function ShowMore({ of, more, pending, failure, load }: ShowMoreProps) {
  if (!more) return null;
  return (
    <div className="show-more">
      {failure && <p className="field-error">{failure.message}</p>}
      <button
        type="button"
        className="button button-quiet"
        aria-disabled={pending}
        onClick={() => {
          if (!pending) void load();
        }}
      >
        {pending ? "Loading…" : "Show more"} <span className="unseen">of {of}</span>
      </button>
    </div>
  );
}
