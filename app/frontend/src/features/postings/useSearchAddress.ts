import { useSearchParams } from "react-router";

/** What is searched for stands in the address, so that the way back from a posting leads to the same board. */
export function useSearchAddress(): [string, (search: string) => void] {
  const [parameters, setParameters] = useSearchParams();
  return [
    parameters.get("search") ?? "",
    (search) => {
      setParameters(search ? { search } : {}, { replace: true });
    },
  ];
}
