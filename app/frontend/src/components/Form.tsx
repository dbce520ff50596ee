import { useEffect, useRef, useState, type ComponentProps, type ReactNode, type SubmitEvent } from "react";
import { ChangedMeanwhile } from "./ChangedMeanwhile";
import {
  FieldErrorsContext,
  constraintErrors,
  focusFirst,
  focusFirstError,
  noErrors,
  requestErrors,
  withoutField,
} from "./formErrors";
import { Notice } from "./Notice";

interface FormProps<Names extends string> extends Omit<ComponentProps<"form">, "onSubmit"> {
  /** The names of the fields, in the form and in the request. */
  names: readonly Names[];
  /** Sends the form; what it rejects with is shown beside the fields. */
  onSubmit: (values: Record<Names, string>) => Promise<unknown>;
  /** Loads what is stored now, when somebody else changed what the form is about. */
  onReload?: () => Promise<unknown>;
  /** The field that a problem type is about, where the answer does not name one. */
  fieldOfProblem?: Readonly<Record<string, string>>;
  /** Whether the form opened on a click, so that its first field is where to go on. */
  takesFocus?: boolean;
  submitLabel: string;
  pendingLabel: string;
  /** Another look for the submit button. */
  submitClass?: string;
  /** Beside the submit button. */
  footer?: ReactNode;
}

const noFields = {};

/** A form that checks itself, sends itself once at a time, and shows what the browser or the backend refused. */
export function Form<Names extends string>({
  names,
  onSubmit,
  onReload,
  onChange,
  fieldOfProblem = noFields,
  takesFocus = false,
  submitLabel,
  pendingLabel,
  submitClass = "",
  footer,
  children,
  ...attributes
}: FormProps<Names>) {
  const [errors, setErrors] = useState(noErrors);
  const [pending, setPending] = useState(false);
  const element = useRef<HTMLFormElement>(null);

  useEffect(() => {
    if (takesFocus && element.current) focusFirst(element.current);
  }, [takesFocus]);

  async function submit(form: HTMLFormElement) {
    const refused = constraintErrors(form);
    setErrors(refused);
    focusFirstError(form, refused);
    if (pending || Object.keys(refused.fields).length > 0) return;
    const data = new FormData(form);
    const values = Object.fromEntries(names.map((name) => [name, data.get(name)])) as Record<Names, string>;
    setPending(true);
    try {
      await onSubmit(values);
    } catch (error) {
      const failed = requestErrors(form, error, fieldOfProblem);
      setErrors(failed);
      focusFirstError(form, failed);
    } finally {
      setPending(false);
    }
  }

  return (
    <form
      noValidate
      ref={element}
      onSubmit={(event: SubmitEvent<HTMLFormElement>) => {
        event.preventDefault();
        void submit(event.currentTarget);
      }}
      onChange={(event) => {
        const changed = event.target as EventTarget & { name?: string };
        // A message goes as soon as its field is being corrected.
        setErrors((current) => withoutField(current, changed.name));
        onChange?.(event);
      }}
      {...attributes}
    >
      <FieldErrorsContext value={errors.fields}>{children}</FieldErrorsContext>
      {errors.outdated && onReload ? (
        <ChangedMeanwhile reload={onReload} />
      ) : (
        errors.summary && <Notice>{errors.summary}</Notice>
      )}
      <div className="form-footer">
        <button type="submit" className={`button ${submitClass}`} aria-disabled={pending}>
          {pending ? pendingLabel : submitLabel}
        </button>
        {footer}
      </div>
    </form>
  );
}
