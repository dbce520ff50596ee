import { useEffect, useId, useRef } from "react";

const pauseMilliseconds = 300;

/** Searches once the typing pauses, not at every letter. */
export function Search({ value, onSearch }: { value: string; onSearch: (search: string) => void }) {
  const id = useId();
  const waiting = useRef<number>(undefined);

  useEffect(
    () => () => {
      clearTimeout(waiting.current);
    },
    [],
  );

  return (
    <div className="field search">
      <label htmlFor={id}>Search all postings</label>
      <input
        id={id}
        type="search"
        defaultValue={value}
        placeholder="Company, title, place or description"
        maxLength={200}
        onChange={(event) => {
          const typed = event.target.value.trim();
          clearTimeout(waiting.current);
          waiting.current = window.setTimeout(() => {
            onSearch(typed);
          }, pauseMilliseconds);
        }}
      />
    </div>
  );
}
