import { Link, useNavigate } from "react-router";
import { Page } from "../../components/Page";
import { useAddPosting } from "./api";
import { PostingForm } from "./PostingForm";

export function NewPostingPage() {
  const add = useAddPosting();
  const navigate = useNavigate();
  return (
    <Page title="Add a posting" intro="Once it is saved, you can attach résumés to it.">
      <p className="way-back">
        <Link to="/postings">All postings</Link>
      </p>
      <PostingForm
        save={async (values) => {
          const { id } = await add.mutateAsync(values);
          await navigate(`/postings/${String(id)}`, { replace: true });
        }}
      />
    </Page>
  );
}
