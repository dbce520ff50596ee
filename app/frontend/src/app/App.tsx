import { Link, Navigate, Outlet, Route, Routes } from "react-router";
import { Logo } from "../components/Logo";
import { Page } from "../components/Page";
import { Account } from "../features/auth/Account";
import { AuthLayout } from "../features/auth/AuthLayout";
import { LogInPage } from "../features/auth/LogInPage";
import { SignedInOnly, SignedOutOnly } from "../features/auth/session";
import { SignUpPage } from "../features/auth/SignUpPage";
import { ProfilePage } from "../features/profile/ProfilePage";

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
          <Route path="profile" element={<ProfilePage />} />
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

function NotFound() {
  return (
    <Page title="There is no such page" intro="The address may be mistyped, or the page has moved.">
      <Link to="/">Go to Jobfolio</Link>
    </Page>
  );
}
