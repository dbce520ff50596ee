import { useEffect, useId, useRef } from "react";

const pauseMilliseconds = 300;

/** Searches once the typing pauses, not at every letter. */
export function Search({ value, onSearch }: { value: string; onSearch: (search: string) => void }) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const waiting = useRef<number>(undefined);

  useEffect(
    () => () => {
      clearTimeout(waiting.current);
    },
    [],
  );

  useEffect(() => {
    const field = input.current;
    // A link led to another search. While somebody types, the field is ahead of the address.
    if (field && waiting.current === undefined && field.value.trim() !== value) field.value = value;
  }, [value]);

  return (
    <div className="field search">
      <label htmlFor={id}>Search all postings</label>
      <input
        id={id}
        ref={input}
        type="search"
        defaultValue={value}
        placeholder="Company, title, place or description"
        maxLength={200}
        onChange={(event) => {
          const typed = event.target.value.trim();
          clearTimeout(waiting.current);
          waiting.current = window.setTimeout(() => {
            waiting.current = undefined;
            onSearch(typed);
          }, pauseMilliseconds);
        }}
      />
    </div>
  );
}
