import type { ReactNode } from "react";
import { NavLink } from "react-router";

interface Tab {
  to: string;
  label: string;
}

interface FolderProps {
  label: string;
  tabs: readonly Tab[];
  /** Whether changing tabs leaves no trace in the browser's history. */
  replace?: boolean;
  children: ReactNode;
}

/** The sheet that every page lies on: a folder whose tabs lead to the pages beside it. */
export function Folder({ label, tabs, replace = false, children }: FolderProps) {
  return (
    <div className="folder">
      <nav className="folder-tabs" aria-label={label}>
        {tabs.map(({ to, label }) => (
          <NavLink key={to} to={to} className="folder-tab" replace={replace}>
            {label}
          </NavLink>
        ))}
      </nav>
      <div className="folder-sheet">{children}</div>
    </div>
  );
}
