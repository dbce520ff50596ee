import { useId, type ReactNode } from "react";

interface SectionProps {
  title: string;
  /** Where to go on when what had the focus is gone. */
  headingId?: string;
  intro?: string;
  children: ReactNode;
}

/** A part of a page under a heading of its own. */
export function Section({ title, headingId, intro, children }: SectionProps) {
  const ownId = useId();
  const id = headingId ?? ownId;
  return (
    <section className="section" aria-labelledby={id}>
      <h2 id={id} tabIndex={-1}>
        {title}
      </h2>
      {intro && <p className="intro">{intro}</p>}
      {children}
    </section>
  );
}
