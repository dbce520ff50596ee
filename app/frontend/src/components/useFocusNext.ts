import { useCallback, useEffect, useReducer, useRef } from "react";

/** Lets a component move the focus to an element that a later rendering of it will show. */
export function useFocusNext(): (id: string) => void {
  const wanted = useRef("");
  const [, renderAgain] = useReducer((renderings: number) => renderings + 1, 0);

  useEffect(() => {
    const element = wanted.current && document.getElementById(wanted.current);
    if (!element) return;
    element.focus();
    wanted.current = "";
  });

  return useCallback((id: string) => {
    wanted.current = id;
    renderAgain();
  }, []);
}
