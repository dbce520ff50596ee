/** A date field in which nothing is typed means that there is no such date. */
export function dateOrNone(typed: string | undefined): string | null {
  return typed === undefined || typed === "" ? null : typed;
}

/** The day where the reader is, as the API writes days. */
export function today(): string {
  const now = new Date();
  const digits = (value: number) => String(value).padStart(2, "0");
  return `${String(now.getFullYear())}-${digits(now.getMonth() + 1)}-${digits(now.getDate())}`;
}
