import { use, useId, type ComponentProps } from "react";
import { FieldErrorsContext } from "./formErrors";

interface FieldProps {
  name: string;
  label: string;
  hint?: string;
  /** Takes a whole row where fields stand side by side. */
  wide?: boolean;
}

/** A labelled line of text, with its hint and what is wrong with it. */
export function Field({ label, hint, wide, ...input }: FieldProps & ComponentProps<"input">) {
  const { id, error, described, control } = useField(input.name, hint);
  return (
    <div className={wide ? "field field-wide" : "field"}>
      <label htmlFor={id}>{label}</label>
      <input {...control} {...input} />
      <Description {...{ described, hint, error }} />
    </div>
  );
}

/** The same for a longer text. */
export function TextArea({ label, hint, wide, ...textarea }: FieldProps & ComponentProps<"textarea">) {
  const { id, error, described, control } = useField(textarea.name, hint);
  return (
    <div className={wide ? "field field-wide" : "field"}>
      <label htmlFor={id}>{label}</label>
      <textarea {...control} {...textarea} />
      <Description {...{ described, hint, error }} />
    </div>
  );
}

function useField(name: string, hint: string | undefined) {
  const id = useId();
  const described = `${id}-about`;
  const error = use(FieldErrorsContext)[name];
  const control = {
    id,
    "aria-invalid": error !== undefined,
    ...((hint ?? error) && { "aria-describedby": described }),
  };
  return { id, error, described, control };
}

function Description(props: { described: string; hint: string | undefined; error: string | undefined }) {
  const { described, hint, error } = props;
  if (!(error ?? hint)) return null;
  return (
    <p id={described} className={error ? "field-error" : "field-hint"}>
      {error ?? hint}
    </p>
  );
}
