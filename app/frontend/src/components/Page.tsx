import { useEffect, useRef, type ReactNode } from "react";
import { NavigationType, useNavigationType } from "react-router";

interface PageProps {
  title: string;
  intro?: string;
  children: ReactNode;
}

/** The title on the sheet, which is also the title in the browser's tab. */
export function Page({ title, intro, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const arrival = useNavigationType();

  useEffect(() => {
    // Whoever followed a link that went with the page before goes on reading here.
    const lost = document.activeElement === document.body;
    if (lost && arrival !== NavigationType.Pop) heading.current?.focus();
  }, [arrival]);

  return (
    <>
      <title>{`${title} · Jobfolio`}</title>
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {intro && <p className="intro">{intro}</p>}
      {children}
    </>
  );
}
