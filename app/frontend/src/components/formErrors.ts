import { createContext } from "react";
import { ApiError, problemTypes, type FieldErrors } from "../lib/api/problem";

/** What the form around a field says about its fields. */
export const FieldErrorsContext = createContext<FieldErrors>({});

export interface FormErrors {
  /** About the form as a whole; empty when every message has its field. */
  summary: string;
  fields: FieldErrors;
  /** Whether the form starts from a state that is no longer the stored one. */
  outdated: boolean;
}

export const noErrors: FormErrors = { summary: "", fields: {}, outdated: false };

/** What the browser itself finds wrong, in its own words and language. */
export function constraintErrors(form: HTMLFormElement): FormErrors {
  const invalid = controls(form).filter((control) => !control.validity.valid);
  return {
    ...noErrors,
    fields: Object.fromEntries(invalid.map((control) => [control.name, control.validationMessage])),
  };
}

/** A session may run out while somebody types: says how to save without losing what was typed. */
const loggedOut =
  "You have been logged out. Log in again in another browser tab, then save here: nothing you typed is lost.";

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
  if (error.type === problemTypes.notSignedIn) return { ...noErrors, summary: loggedOut };
  const field = fieldOfProblem[error.type];
  if (field) return { ...noErrors, fields: { [field]: error.message } };
  const names = new Set(controls(form).map((control) => control.name));
  const everyErrorHasItsField =
    Object.keys(error.fields).length > 0 && Object.keys(error.fields).every((name) => names.has(name));
  return {
    summary: everyErrorHasItsField ? "" : error.message,
    fields: error.fields,
    outdated: error.type === problemTypes.changedMeanwhile,
  };
}

export function withoutField({ fields, ...rest }: FormErrors, name: string | undefined): FormErrors {
  return { ...rest, fields: Object.fromEntries(Object.entries(fields).filter(([field]) => field !== name)) };
}

/** Takes the reader to the first field with an error. */
export function focusFirstError(form: HTMLFormElement, { fields }: FormErrors): void {
  controls(form)
    .find((control) => control.name in fields)
    ?.focus();
}

/** Takes the reader to where the form begins. */
export function focusFirst(form: HTMLFormElement): void {
  controls(form)[0]?.focus();
}

type Control = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

function controls(form: HTMLFormElement): Control[] {
  return [...form.elements].filter(
    (element) =>
      element instanceof HTMLInputElement ||
      element instanceof HTMLTextAreaElement ||
      element instanceof HTMLSelectElement,
  );
}
