/** Dates and sizes as people of any language read them. */

/** A day without a time, such as "2026-01-31", which is the same day everywhere. */
function localDay(day: string): Date {
  return new Date(`${day}T00:00`);
}

export function formatDay(day: string): string {
  return localDay(day).toLocaleDateString([], { dateStyle: "medium" });
}

/** The day of a moment, where the reader is. */
export function formatDate(moment: string): string {
  return new Date(moment).toLocaleDateString([], { dateStyle: "medium" });
}

export function formatTime(moment: string): string {
  return new Date(moment).toLocaleTimeString([], { timeStyle: "short" });
}

export function formatPeriod(start: string, end: string | null): string {
  const month = (day: string) => localDay(day).toLocaleDateString([], { month: "short", year: "numeric" });
  return `${month(start)} – ${end ? month(end) : "now"}`;
}

const bytesPerKibibyte = 1024;

export function formatSize(bytes: number): string {
  if (bytes < bytesPerKibibyte) return bytes === 1 ? "1 byte" : `${String(bytes)} bytes`;
  const kibibytes = bytes / bytesPerKibibyte;
  const [amount, unit]: [number, string] =
    kibibytes < bytesPerKibibyte ? [kibibytes, "KiB"] : [kibibytes / bytesPerKibibyte, "MiB"];
  return `${amount.toLocaleString([], { maximumFractionDigits: amount < 10 ? 1 : 0 })} ${unit}`;
}
