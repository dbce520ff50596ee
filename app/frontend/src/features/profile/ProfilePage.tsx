import { Folder } from "../../components/Folder";
import { LoadFailure } from "../../components/LoadFailure";
import { Loading } from "../../components/Loading";
import { Page } from "../../components/Page";
import { useProfile } from "./api";
import { ProfileForm } from "./ProfileForm";

const tabs = [{ to: "/profile", label: "Profile" }];

export function ProfilePage() {
  const profile = useProfile();
  return (
    <Folder label="Your folder" tabs={tabs}>
      <Page title="Your profile" intro="The first thing people read about you.">
        {profile.data ? (
          <ProfileForm profile={profile.data} />
        ) : profile.error ? (
          <LoadFailure error={profile.error} retry={profile.refetch} />
        ) : (
          <Loading label="Loading your profile…" />
        )}
      </Page>
    </Folder>
  );
}
