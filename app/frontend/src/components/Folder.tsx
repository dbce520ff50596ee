import type { ReactNode } from "react";
import { NavLink } from "react-router";

interface Tab {
  to: string;
  label: string;
}

/** The sheet that every page lies on: a folder whose tabs lead to the pages beside it. */
export function Folder({
  label,
  tabs,
  children,
}: {
  label: string;
  tabs: readonly Tab[];
  children: ReactNode;
}) {
  return (
    <div className="folder">
      <nav className="folder-tabs" aria-label={label}>
        {tabs.map(({ to, label }) => (
          <NavLink key={to} to={to} className="folder-tab" replace>
            {label}
          </NavLink>
        ))}
      </nav>
      <div className="folder-sheet">{children}</div>
    </div>
  );
}
