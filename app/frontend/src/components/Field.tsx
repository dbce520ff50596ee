import { use, useId, type ComponentProps, type ReactNode } from "react";
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
  const { control, ...field } = useField(input.name, hint);
  return (
    <Labelled {...{ label, hint, wide, ...field }}>
      <input {...control} {...input} />
    </Labelled>
  );
}

/** The same for a longer text. */
export function TextArea({ label, hint, wide, ...textarea }: FieldProps & ComponentProps<"textarea">) {
  const { control, ...field } = useField(textarea.name, hint);
  return (
    <Labelled {...{ label, hint, wide, ...field }}>
      <textarea {...control} {...textarea} />
    </Labelled>
  );
}

/** The same for one of several values; its options are the children. */
export function Select({ label, hint, wide, ...select }: FieldProps & ComponentProps<"select">) {
  const { control, ...field } = useField(select.name, hint);
  return (
    <Labelled {...{ label, hint, wide, ...field }}>
      <select {...control} {...select} />
    </Labelled>
  );
}

/** A box to tick, with its label beside it. */
export function Checkbox({ label, hint, wide, ...input }: FieldProps & ComponentProps<"input">) {
  const { id, described, error, control } = useField(input.name, hint);
  return (
    <div className={fieldClass(wide)}>
      <div className="checkbox">
        <input type="checkbox" {...control} {...input} />
        <label htmlFor={id}>{label}</label>
      </div>
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

interface DescriptionProps {
  described: string;
  hint: string | undefined;
  error: string | undefined;
}

interface LabelledProps extends DescriptionProps {
  id: string;
  label: string;
  wide: boolean | undefined;
  children: ReactNode;
}

function Labelled({ id, label, wide, children, ...description }: LabelledProps) {
  return (
    <div className={fieldClass(wide)}>
      <label htmlFor={id}>{label}</label>
      {children}
      <Description {...description} />
    </div>
  );
}

function fieldClass(wide: boolean | undefined): string {
  return wide ? "field field-wide" : "field";
}

function Description({ described, hint, error }: DescriptionProps) {
  if (!(error ?? hint)) return null;
  return (
    <p id={described} className={error ? "field-error" : "field-hint"}>
      {error ?? hint}
    </p>
  );
}
