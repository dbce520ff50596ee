import { useState } from "react";
import { Link, useLocation } from "react-router";
import { GoodNotice, Notice } from "../../components/Notice";
import { Page } from "../../components/Page";
import { messageOf } from "../../lib/api/problem";
import type { PostingStatus, PostingSummary } from "../../lib/api/types";
import { useMovePosting } from "./api";
import { Column } from "./Column";
import { Search } from "./Search";
import { statuses, statusNames } from "./statuses";
import { useSearchAddress } from "./useSearchAddress";

/** The board: every posting in the column of its status. */
export function PostingsPage() {
  const [search, setSearch] = useSearchAddress();
  const { removed } = (useLocation().state ?? {}) as { removed?: string };
  const move = useMovePosting();
  const [moved, setMoved] = useState<PostingSummary>();
  const [failure, setFailure] = useState("");

  async function moveTo(posting: PostingSummary, status: PostingStatus) {
    setFailure("");
    setMoved(undefined);
    try {
      setMoved(await move.mutateAsync({ posting, status }));
    } catch (error) {
      setFailure(messageOf(error));
    }
  }

  return (
    <Page title="Postings" intro="The openings that you follow, and how far each application has come.">
      <div className="toolbar">
        <Search value={search} onSearch={setSearch} />
        <Link to="/postings/new" className="button">
          Add a posting
        </Link>
      </div>
      {removed && !moved && <GoodNotice>“{removed}” is removed.</GoodNotice>}
      <div className="board">
        {statuses.map((status) => (
          <Column key={status} status={status} search={search} moved={moved} onMove={moveTo} />
        ))}
      </div>
      <div className="board-news">
        {failure && <Notice>{failure} The board shows what is saved now.</Notice>}
        <p className="unseen" role="status">
          {moved && `“${moved.title}” is moved to ${statusNames[moved.status]}.`}
        </p>
      </div>
    </Page>
  );
}
