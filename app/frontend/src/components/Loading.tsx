/** Appears only when loading takes long enough to be noticed (see styles.css). */
export function Loading({ label }: { label: string }) {
  return (
    <p className="loading" role="status">
      {label}
    </p>
  );
}
