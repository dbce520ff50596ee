import type { Document, Education, Posting, Profile, User, Work } from "../lib/api/types";

/** What a backend might hold, for tests to vary. */
const updated_at = "2026-01-31T12:00:00Z";

export const user: User = { id: 1, email: "ada@example.org", created_at: updated_at };

export const profile: Profile = {
  full_name: "Ada",
  headline: "Analyst",
  location: "",
  phone: "",
  website: "",
  summary: "",
  updated_at,
  etag: '"1"',
};

export const education: Education = {
  id: 5,
  school: "University of London",
  degree: "BSc",
  field_of_study: "Mathematics",
  description: "",
  start_date: "2009-10-01",
  end_date: "2012-06-30",
  updated_at,
  etag: '"1"',
};

export const work: Work = {
  id: 7,
  company: "Babbage & Co.",
  title: "Analyst",
  location: "London",
  description: "",
  start_date: "2015-03-01",
  end_date: null,
  updated_at,
  etag: '"1"',
};

export const posting: Posting = {
  id: 3,
  company: "Science Museum",
  title: "Engineer",
  location: "London",
  link: "",
  status: "saved",
  posted_on: null,
  closes_on: "2027-03-31",
  applied_on: null,
  description: "",
  updated_at,
  etag: '"1"',
};

export const document: Document = {
  id: 9,
  name: "cv.txt",
  version: 1,
  content_type: "text/plain",
  size_bytes: 2048,
  sha256: "00",
  job_posting_id: null,
  created_at: updated_at,
  updated_at,
  etag: '"1"',
};
