import type { ReactNode } from "react";

/** A message about what went wrong; read out at once. */
export function Notice({ children }: { children: ReactNode }) {
  return (
    <div className="notice" role="alert">
      {children}
    </div>
  );
}

/** A message about what went well; read out when the reader pauses. */
export function GoodNotice({ children }: { children: ReactNode }) {
  return (
    <div className="notice notice-good" role="status">
      {children}
    </div>
  );
}
