import { createContext } from "react";
import { ApiError, type FieldErrors } from "../lib/api/problem";

/** What the form around a field says about its fields. */
export const FieldErrorsContext = createContext<FieldErrors>({});

export interface FormErrors {
  /** About the form as a whole; empty when every message has its field. */
  summary: string;
  fields: FieldErrors;
}

export const noErrors: FormErrors = { summary: "", fields: {} };

/** What the browser itself finds wrong, in its own words and language. */
export function constraintErrors(form: HTMLFormElement): FormErrors {
  const invalid = controls(form).filter((control) => !control.validity.valid);
  return {
    summary: "",
    fields: Object.fromEntries(invalid.map((control) => [control.name, control.validationMessage])),
  };
}

/**
 * What a failed request says, sorted to the fields of the form.
 * @param fieldOfProblem names the field that a problem type without field errors is about
 */
export function requestErrors(
  form: HTMLFormElement,
  error: unknown,
  fieldOfProblem: Readonly<Record<string, string>>,
): FormErrors {
  if (!(error instanceof ApiError)) throw error;
  const field = fieldOfProblem[error.type];
  if (field) return { summary: "", fields: { [field]: error.message } };
  const names = new Set(controls(form).map((control) => control.name));
  const everyErrorHasItsField =
    Object.keys(error.fields).length > 0 && Object.keys(error.fields).every((name) => names.has(name));
  return { summary: everyErrorHasItsField ? "" : error.message, fields: error.fields };
}

export function withoutField({ summary, fields }: FormErrors, name: string | undefined): FormErrors {
  return { summary, fields: Object.fromEntries(Object.entries(fields).filter(([field]) => field !== name)) };
}

/** Takes the reader to the first field with an error. */
export function focusFirstError(form: HTMLFormElement, { fields }: FormErrors): void {
  controls(form)
    .find((control) => control.name in fields)
    ?.focus();
}

function controls(form: HTMLFormElement): (HTMLInputElement | HTMLTextAreaElement)[] {
  return [...form.elements].filter(
    (element) => element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement,
  );
}
