import { Link } from "react-router";
import { usePosting } from "./api";

/** Leads to a posting by its name, once that is known. */
export function PostingLink({ id }: { id: number }) {
  const { data: posting } = usePosting(id);
  return (
    <Link to={`/postings/${String(id)}`}>
      {posting ? `${posting.title}, ${posting.company}` : "a posting"}
    </Link>
  );
}
