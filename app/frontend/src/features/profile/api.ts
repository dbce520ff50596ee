import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api } from "../../lib/api/client";

export interface ProfileValues {
  full_name: string;
  headline: string;
  location: string;
  phone: string;
  website: string;
  summary: string;
}

export interface Profile extends ProfileValues {
  updated_at: string;
}

const profileKey = ["profile"];

export function useProfile() {
  return useQuery({ queryKey: profileKey, queryFn: async () => (await api.get("/profile")) as Profile });
}

export function useSaveProfile() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (values: ProfileValues) => (await api.put("/profile", values)) as Profile,
    onSuccess: (profile) => {
      client.setQueryData(profileKey, profile);
    },
  });
}
