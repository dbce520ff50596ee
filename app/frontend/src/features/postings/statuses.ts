import type { PostingStatus } from "../../lib/api/types";

/** The statuses in the order in which an application goes through them, with their names on the page. */
export const statusNames: Readonly<Record<PostingStatus, string>> = {
  saved: "Saved",
  applied: "Applied",
  interviewing: "Interviewing",
  offered: "Offered",
  rejected: "Rejected",
};

export const statuses = Object.keys(statusNames) as PostingStatus[];
