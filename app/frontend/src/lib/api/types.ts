import type { components } from "./schema";

type Schemas = components["schemas"];

export type User = Schemas["User"];
export type SignUp = Schemas["SignUp"];
export type LogIn = Schemas["LogIn"];
export type PasswordChange = Schemas["PasswordChange"];
export type AccountDeletion = Schemas["AccountDeletion"];
export type Profile = Schemas["Profile"];
export type ProfileIn = Schemas["ProfileIn"];
export type Education = Schemas["Education"];
export type EducationIn = Schemas["EducationIn"];
export type Work = Schemas["Work"];
export type WorkIn = Schemas["WorkIn"];
export type Posting = Schemas["Posting"];
export type PostingSummary = Schemas["PostingSummary"];
export type PostingIn = Schemas["PostingIn"];
export type PostingMove = Schemas["PostingMove"];
export type PostingStatus = Schemas["PostingStatus"];
export type Document = Schemas["Document"];
export type DocumentIn = Schemas["DocumentIn"];
export type DocumentType = Schemas["DocumentType"];
export type DocumentPage = Schemas["DocumentPage"];
export type Problem = Schemas["Problem"];

/** A part of a list, as every list comes. */
export interface PageOf<Item> {
  page: number;
  per_page: number;
  total: number;
  items: Item[];
}
