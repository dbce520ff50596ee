import { Outlet } from "react-router";
import { Folder } from "../../components/Folder";

const tabs = [
  { to: "/sign-up", label: "Sign up" },
  { to: "/log-in", label: "Log in" },
];

export function AuthLayout() {
  return (
    <div className="welcome">
      <div className="pitch">
        <p className="pitch-line">Your working life, kept in order.</p>
        <p>Jobfolio is one place for your profile, your work history and every résumé you send.</p>
      </div>
      <Folder label="Your account" tabs={tabs} replace>
        <Outlet />
      </Folder>
    </div>
  );
}
