import { useId, type ReactNode } from "react";

interface SectionProps {
  title: string;
  /** Where to go on when what had the focus is gone. */
  headingId?: string;
  intro?: string;
  /** Beside the heading. */
  action?: ReactNode;
  children: ReactNode;
}

/** A part of a page under a heading of its own. */
export function Section({ title, headingId, intro, action, children }: SectionProps) {
  const ownId = useId();
  const id = headingId ?? ownId;
  return (
    <section className="section" aria-labelledby={id}>
      <div className="section-head">
        <h2 id={id} tabIndex={-1}>
          {title}
        </h2>
        {action}
      </div>
      {intro && <p className="intro">{intro}</p>}
      {children}
    </section>
  );
}
