import type { ReactNode } from "react";

interface PageProps {
  title: string;
  intro?: string;
  children: ReactNode;
}

/** The title on the sheet, which is also the title in the browser's tab. */
export function Page({ title, intro, children }: PageProps) {
  return (
    <>
      <title>{`${title} · Jobfolio`}</title>
      <h1>{title}</h1>
      {intro && <p className="intro">{intro}</p>}
      {children}
    </>
  );
}
