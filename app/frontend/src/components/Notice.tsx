import type { ReactNode } from "react";

/** A message about the page as a whole; read out at once. */
export function Notice({ children }: { children: ReactNode }) {
  return (
    <div className="notice" role="alert">
      {children}
    </div>
  );
}
