import { Link, Navigate, Outlet, Route, Routes } from "react-router";
import { Folder } from "../components/Folder";
import { Logo } from "../components/Logo";
import { Page } from "../components/Page";
import { AccountPage } from "../features/account/AccountPage";
import { Account } from "../features/auth/Account";
import { AuthLayout } from "../features/auth/AuthLayout";
import { LogInPage } from "../features/auth/LogInPage";
import { SignedInOnly, SignedOutOnly } from "../features/auth/session";
import { SignUpPage } from "../features/auth/SignUpPage";
import { DocumentsPage } from "../features/documents/DocumentsPage";
import { PostingDocuments } from "../features/documents/PostingDocuments";
import { EducationSection } from "../features/history/EducationSection";
import { WorkSection } from "../features/history/WorkSection";
import { NewPostingPage } from "../features/postings/NewPostingPage";
import { PostingPage } from "../features/postings/PostingPage";
import { PostingsPage } from "../features/postings/PostingsPage";
import { ProfilePage } from "../features/profile/ProfilePage";

/** Every page, put together from the features that it shows. */
export function App() {
  return (
    <Routes>
      <Route element={<Frame />}>
        <Route index element={<Navigate to="/profile" replace />} />
        <Route element={<SignedOutOnly />}>
          <Route element={<AuthLayout />}>
            <Route path="sign-up" element={<SignUpPage />} />
            <Route path="log-in" element={<LogInPage />} />
          </Route>
        </Route>
        <Route element={<SignedInOnly />}>
          <Route element={<OwnFolder />}>
            <Route
              path="profile"
              element={
                <ProfilePage>
                  <EducationSection />
                  <WorkSection />
                </ProfilePage>
              }
            />
            <Route path="postings" element={<PostingsPage />} />
            <Route path="postings/new" element={<NewPostingPage />} />
            <Route
              path="postings/:id"
              element={<PostingPage documents={(id) => <PostingDocuments postingId={id} />} />}
            />
            <Route path="documents" element={<DocumentsPage />} />
            <Route path="account" element={<AccountPage />} />
          </Route>
        </Route>
        <Route path="*" element={<NotFound />} />
      </Route>
    </Routes>
  );
}

function Frame() {
  return (
    <>
      <header className="masthead">
        <Link to="/" className="masthead-home">
          <Logo />
        </Link>
        <Account />
      </header>
      <main>
        <Outlet />
      </main>
    </>
  );
}

const tabs = [
  { to: "/profile", label: "Profile" },
  { to: "/postings", label: "Postings" },
  { to: "/documents", label: "Résumés" },
  { to: "/account", label: "Account" },
];

function OwnFolder() {
  return (
    <Folder label="Your folder" tabs={tabs}>
      <Outlet />
    </Folder>
  );
}

function NotFound() {
  return (
    <Page title="There is no such page" intro="The address may be mistyped, or the page has moved.">
      <Link to="/">Go to Jobfolio</Link>
    </Page>
  );
}
