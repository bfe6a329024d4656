// The database's tables, views, functions and enums, for createClient<Database>().
// Written by `go tool task types` with the Supabase CLI: change the schema, not this file.

export type Json =
  | string
  | number
  | boolean
  | null
  | { [key: string]: Json | undefined }
  | Json[];

export type Database = {
  public: {
    Tables: {
      accounts: {
        Row: {
          account_id: string;
          account_name: string;
          account_type: Database["public"]["Enums"]["account_type"];
          created_at: string;
          is_customer_by_deal: boolean;
          org_id: string;
          profile_id: string | null;
          updated_at: string;
        };
        ComputedFields: never;
        Insert: {
          account_id?: string;
          account_name: string;
          account_type?: Database["public"]["Enums"]["account_type"];
          created_at?: string;
          is_customer_by_deal?: boolean;
          org_id?: string;
          profile_id?: string | null;
          updated_at?: string;
        };
        Update: {
          account_id?: string;
          account_name?: string;
          account_type?: Database["public"]["Enums"]["account_type"];
          created_at?: string;
          is_customer_by_deal?: boolean;
          org_id?: string;
          profile_id?: string | null;
          updated_at?: string;
        };
        Relationships: [
          {
            foreignKeyName: "accounts_org_id_fkey";
            columns: ["org_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["org_id"];
          },
          {
            foreignKeyName: "accounts_owner_in_org";
            columns: ["profile_id", "org_id"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["profile_id", "org_id"];
          },
        ];
      };
      calendar_feeds: {
        Row: {
          created_at: string;
          feed_id: string;
          feed_name: string;
          org_id: string;
          profile_id: string;
          updated_at: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          feed_id?: string;
          feed_name?: string;
          org_id?: string;
          profile_id?: string;
          updated_at?: string;
        };
        Update: {
          created_at?: string;
          feed_id?: string;
          feed_name?: string;
          org_id?: string;
          profile_id?: string;
          updated_at?: string;
        };
        Relationships: [
          {
            foreignKeyName: "calendar_feeds_of_profile";
            columns: ["profile_id", "org_id"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["profile_id", "org_id"];
          },
        ];
      };
      daily_scrum_tasks: {
        Row: {
          created_at: string;
          daily_scrum_id: string;
          intent: Database["public"]["Enums"]["scrum_task_intent"];
          profile_id: string;
          project_id: string;
          task_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          daily_scrum_id: string;
          intent: Database["public"]["Enums"]["scrum_task_intent"];
          profile_id?: string;
          project_id: string;
          task_id: string;
        };
        Update: {
          created_at?: string;
          daily_scrum_id?: string;
          intent?: Database["public"]["Enums"]["scrum_task_intent"];
          profile_id?: string;
          project_id?: string;
          task_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: "daily_scrum_tasks_of_scrum";
            columns: ["daily_scrum_id", "project_id"];
            isOneToOne: false;
            referencedRelation: "daily_scrums";
            referencedColumns: ["daily_scrum_id", "project_id"];
          },
          {
            foreignKeyName: "daily_scrum_tasks_of_task";
            columns: ["task_id", "project_id"];
            isOneToOne: false;
            referencedRelation: "tasks";
            referencedColumns: ["task_id", "project_id"];
          },
          {
            foreignKeyName: "daily_scrum_tasks_profile_id_fkey";
            columns: ["profile_id"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["profile_id"];
          },
        ];
      };
      daily_scrum_updates: {
        Row: {
          created_at: string;
          daily_scrum_id: string;
          profile_id: string | null;
          project_id: string;
          today_work: string | null;
          update_id: string;
          updated_at: string;
          yesterday_work: string | null;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          daily_scrum_id: string;
          profile_id?: string | null;
          project_id: string;
          today_work?: string | null;
          update_id?: string;
          updated_at?: string;
          yesterday_work?: string | null;
        };
        Update: {
          created_at?: string;
          daily_scrum_id?: string;
          profile_id?: string | null;
          project_id?: string;
          today_work?: string | null;
          update_id?: string;
          updated_at?: string;
          yesterday_work?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "daily_scrum_updates_of_scrum";
            columns: ["daily_scrum_id", "project_id"];
            isOneToOne: false;
            referencedRelation: "daily_scrums";
            referencedColumns: ["daily_scrum_id", "project_id"];
          },
          {
            foreignKeyName: "daily_scrum_updates_profile_id_fkey";
            columns: ["profile_id"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["profile_id"];
          },
        ];
      };
      daily_scrums: {
        Row: {
          created_at: string;
          daily_scrum_id: string;
          project_id: string;
          scrum_date: string;
          sprint_id: string;
          summary: string | null;
          updated_at: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          daily_scrum_id?: string;
          project_id: string;
          scrum_date: string;
          sprint_id: string;
          summary?: string | null;
          updated_at?: string;
        };
        Update: {
          created_at?: string;
          daily_scrum_id?: string;
          project_id?: string;
          scrum_date?: string;
          sprint_id?: string;
          summary?: string | null;
          updated_at?: string;
        };
        Relationships: [
          {
            foreignKeyName: "daily_scrums_of_sprint";
            columns: ["sprint_id", "project_id"];
            isOneToOne: false;
            referencedRelation: "sprints";
            referencedColumns: ["sprint_id", "project_id"];
          },
        ];
      };
      days_off: {
        Row: {
          created_at: string;
          day_off_id: string;
          from_date: string;
          org_id: string;
          profile_id: string;
          to_date: string;
          updated_at: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          day_off_id?: string;
          from_date: string;
          org_id?: string;
          profile_id?: string;
          to_date: string;
          updated_at?: string;
        };
        Update: {
          created_at?: string;
          day_off_id?: string;
          from_date?: string;
          org_id?: string;
          profile_id?: string;
          to_date?: string;
          updated_at?: string;
        };
        Relationships: [
          {
            foreignKeyName: "days_off_of_profile";
            columns: ["profile_id", "org_id"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["profile_id", "org_id"];
          },
        ];
      };
      deleted_rows: {
        Row: {
          created_at: string;
          key: string;
          project_id: string | null;
          table_name: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          key: string;
          project_id?: string | null;
          table_name: string;
        };
        Update: {
          created_at?: string;
          key?: string;
          project_id?: string | null;
          table_name?: string;
        };
        Relationships: [];
      };
      impediments: {
        Row: {
          created_at: string;
          description: string;
          impediment_id: string;
          project_id: string;
          raised_at: string;
          raised_by: string | null;
          resolved_at: string | null;
          resolved_by: string | null;
          sprint_id: string;
          task_id: string | null;
          update_id: string | null;
          updated_at: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          description: string;
          impediment_id?: string;
          project_id: string;
          raised_at?: string;
          raised_by?: string | null;
          resolved_at?: string | null;
          resolved_by?: string | null;
          sprint_id: string;
          task_id?: string | null;
          update_id?: string | null;
          updated_at?: string;
        };
        Update: {
          created_at?: string;
          description?: string;
          impediment_id?: string;
          project_id?: string;
          raised_at?: string;
          raised_by?: string | null;
          resolved_at?: string | null;
          resolved_by?: string | null;
          sprint_id?: string;
          task_id?: string | null;
          update_id?: string | null;
          updated_at?: string;
        };
        Relationships: [
          {
            foreignKeyName: "impediments_of_sprint";
            columns: ["sprint_id", "project_id"];
            isOneToOne: false;
            referencedRelation: "sprints";
            referencedColumns: ["sprint_id", "project_id"];
          },
          {
            foreignKeyName: "impediments_raised_by_fkey";
            columns: ["raised_by"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["profile_id"];
          },
          {
            foreignKeyName: "impediments_resolved_by_fkey";
            columns: ["resolved_by"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["profile_id"];
          },
          {
            foreignKeyName: "impediments_task_in_project";
            columns: ["task_id", "project_id"];
            isOneToOne: false;
            referencedRelation: "tasks";
            referencedColumns: ["task_id", "project_id"];
          },
          {
            foreignKeyName: "impediments_update_in_project";
            columns: ["update_id", "project_id"];
            isOneToOne: false;
            referencedRelation: "daily_scrum_updates";
            referencedColumns: ["update_id", "project_id"];
          },
        ];
      };
      invitations: {
        Row: {
          accepted_at: string | null;
          created_at: string;
          email: string;
          expires_at: string;
          invitation_id: string;
          invited_by: string | null;
          org_id: string;
          org_role: Database["public"]["Enums"]["org_role"];
          token_hash: string;
          updated_at: string;
        };
        ComputedFields: never;
        Insert: {
          accepted_at?: string | null;
          created_at?: string;
          email: string;
          expires_at?: string;
          invitation_id?: string;
          invited_by?: string | null;
          org_id: string;
          org_role?: Database["public"]["Enums"]["org_role"];
          token_hash: string;
          updated_at?: string;
        };
        Update: {
          accepted_at?: string | null;
          created_at?: string;
          email?: string;
          expires_at?: string;
          invitation_id?: string;
          invited_by?: string | null;
          org_id?: string;
          org_role?: Database["public"]["Enums"]["org_role"];
          token_hash?: string;
          updated_at?: string;
        };
        Relationships: [
          {
            foreignKeyName: "invitations_invited_by_fkey";
            columns: ["invited_by"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["profile_id"];
          },
          {
            foreignKeyName: "invitations_org_id_fkey";
            columns: ["org_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["org_id"];
          },
        ];
      };
      notification_channels: {
        Row: {
          channel_id: string;
          channel_name: string;
          created_at: string;
          created_by: string | null;
          events: Database["public"]["Enums"]["notification_event"][];
          is_enabled: boolean;
          kind: Database["public"]["Enums"]["channel_kind"];
          org_id: string;
          project_id: string | null;
          signing_secret: string;
          target: string;
          target_hint: string;
          updated_at: string;
        };
        ComputedFields: never;
        Insert: {
          channel_id?: string;
          channel_name: string;
          created_at?: string;
          created_by?: string | null;
          events?: Database["public"]["Enums"]["notification_event"][];
          is_enabled?: boolean;
          kind: Database["public"]["Enums"]["channel_kind"];
          org_id?: string;
          project_id?: string | null;
          signing_secret?: string;
          target: string;
          target_hint?: never;
          updated_at?: string;
        };
        Update: {
          channel_id?: string;
          channel_name?: string;
          created_at?: string;
          created_by?: string | null;
          events?: Database["public"]["Enums"]["notification_event"][];
          is_enabled?: boolean;
          kind?: Database["public"]["Enums"]["channel_kind"];
          org_id?: string;
          project_id?: string | null;
          signing_secret?: string;
          target?: string;
          target_hint?: never;
          updated_at?: string;
        };
        Relationships: [
          {
            foreignKeyName: "notification_channels_created_by_fkey";
            columns: ["created_by"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["profile_id"];
          },
          {
            foreignKeyName: "notification_channels_org_id_fkey";
            columns: ["org_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["org_id"];
          },
          {
            foreignKeyName: "notification_channels_project_in_org";
            columns: ["project_id", "org_id"];
            isOneToOne: false;
            referencedRelation: "projects";
            referencedColumns: ["project_id", "org_id"];
          },
        ];
      };
      notification_log: {
        Row: {
          attempts: number;
          channel_id: string;
          claimed_until: string | null;
          created_at: string;
          event: Database["public"]["Enums"]["notification_event"];
          first_attempt: number;
          last_error: string | null;
          log_id: string;
          next_try_at: string | null;
          org_id: string;
          sent_at: string | null;
          status: Database["public"]["Enums"]["notification_status"];
          subject: string;
          updated_at: string;
        };
        ComputedFields: never;
        Insert: {
          attempts?: number;
          channel_id: string;
          claimed_until?: string | null;
          created_at?: string;
          event: Database["public"]["Enums"]["notification_event"];
          first_attempt?: number;
          last_error?: string | null;
          log_id?: string;
          next_try_at?: string | null;
          org_id: string;
          sent_at?: string | null;
          status?: Database["public"]["Enums"]["notification_status"];
          subject: string;
          updated_at?: string;
        };
        Update: {
          attempts?: number;
          channel_id?: string;
          claimed_until?: string | null;
          created_at?: string;
          event?: Database["public"]["Enums"]["notification_event"];
          first_attempt?: number;
          last_error?: string | null;
          log_id?: string;
          next_try_at?: string | null;
          org_id?: string;
          sent_at?: string | null;
          status?: Database["public"]["Enums"]["notification_status"];
          subject?: string;
          updated_at?: string;
        };
        Relationships: [
          {
            foreignKeyName: "notification_log_channel_id_fkey";
            columns: ["channel_id"];
            isOneToOne: false;
            referencedRelation: "notification_channels";
            referencedColumns: ["channel_id"];
          },
          {
            foreignKeyName: "notification_log_org_id_fkey";
            columns: ["org_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["org_id"];
          },
        ];
      };
      opportunities: {
        Row: {
          account_id: string;
          acv: number | null;
          close_date: string | null;
          created_at: string;
          currency_code: string;
          description: string | null;
          forecast_category: Database["public"]["Enums"]["forecast_category"];
          opportunity_id: string;
          opportunity_name: string;
          org_id: string;
          profile_id: string | null;
          stage: Database["public"]["Enums"]["opportunity_stage"];
          updated_at: string;
        };
        ComputedFields: never;
        Insert: {
          account_id: string;
          acv?: number | null;
          close_date?: string | null;
          created_at?: string;
          currency_code?: string;
          description?: string | null;
          forecast_category?: Database["public"]["Enums"]["forecast_category"];
          opportunity_id?: string;
          opportunity_name: string;
          org_id?: string;
          profile_id?: string | null;
          stage?: Database["public"]["Enums"]["opportunity_stage"];
          updated_at?: string;
        };
        Update: {
          account_id?: string;
          acv?: number | null;
          close_date?: string | null;
          created_at?: string;
          currency_code?: string;
          description?: string | null;
          forecast_category?: Database["public"]["Enums"]["forecast_category"];
          opportunity_id?: string;
          opportunity_name?: string;
          org_id?: string;
          profile_id?: string | null;
          stage?: Database["public"]["Enums"]["opportunity_stage"];
          updated_at?: string;
        };
        Relationships: [
          {
            foreignKeyName: "opportunities_account_in_org";
            columns: ["account_id", "org_id"];
            isOneToOne: false;
            referencedRelation: "account_delivery";
            referencedColumns: ["account_id", "org_id"];
          },
          {
            foreignKeyName: "opportunities_account_in_org";
            columns: ["account_id", "org_id"];
            isOneToOne: false;
            referencedRelation: "accounts";
            referencedColumns: ["account_id", "org_id"];
          },
          {
            foreignKeyName: "opportunities_org_id_fkey";
            columns: ["org_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["org_id"];
          },
          {
            foreignKeyName: "opportunities_owner_in_org";
            columns: ["profile_id", "org_id"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["profile_id", "org_id"];
          },
        ];
      };
      opportunity_stage_events: {
        Row: {
          actor: string | null;
          created_at: string;
          event_id: number;
          new_stage: Database["public"]["Enums"]["opportunity_stage"];
          old_stage: Database["public"]["Enums"]["opportunity_stage"] | null;
          opportunity_id: string;
          org_id: string;
        };
        ComputedFields: never;
        Insert: {
          actor?: string | null;
          created_at?: string;
          event_id?: never;
          new_stage: Database["public"]["Enums"]["opportunity_stage"];
          old_stage?: Database["public"]["Enums"]["opportunity_stage"] | null;
          opportunity_id: string;
          org_id: string;
        };
        Update: {
          actor?: string | null;
          created_at?: string;
          event_id?: never;
          new_stage?: Database["public"]["Enums"]["opportunity_stage"];
          old_stage?: Database["public"]["Enums"]["opportunity_stage"] | null;
          opportunity_id?: string;
          org_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: "opportunity_stage_events_of_opportunity";
            columns: ["opportunity_id", "org_id"];
            isOneToOne: false;
            referencedRelation: "opportunities";
            referencedColumns: ["opportunity_id", "org_id"];
          },
        ];
      };
      org_holidays: {
        Row: {
          created_at: string;
          holiday_date: string;
          name: string;
          org_id: string;
          updated_at: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          holiday_date: string;
          name: string;
          org_id?: string;
          updated_at?: string;
        };
        Update: {
          created_at?: string;
          holiday_date?: string;
          name?: string;
          org_id?: string;
          updated_at?: string;
        };
        Relationships: [
          {
            foreignKeyName: "org_holidays_org_id_fkey";
            columns: ["org_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["org_id"];
          },
        ];
      };
      organizations: {
        Row: {
          created_at: string;
          digest_time: string;
          locale: Database["public"]["Enums"]["org_locale"];
          org_id: string;
          org_name: string;
          org_type: string | null;
          reminder_time: string;
          scrum_cutoff_time: string | null;
          timezone: string;
          updated_at: string;
          working_days: number[];
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          digest_time?: string;
          locale?: Database["public"]["Enums"]["org_locale"];
          org_id?: string;
          org_name: string;
          org_type?: string | null;
          reminder_time?: string;
          scrum_cutoff_time?: string | null;
          timezone?: string;
          updated_at?: string;
          working_days?: number[];
        };
        Update: {
          created_at?: string;
          digest_time?: string;
          locale?: Database["public"]["Enums"]["org_locale"];
          org_id?: string;
          org_name?: string;
          org_type?: string | null;
          reminder_time?: string;
          scrum_cutoff_time?: string | null;
          timezone?: string;
          updated_at?: string;
          working_days?: number[];
        };
        Relationships: [];
      };
      profiles: {
        Row: {
          created_at: string;
          email: string;
          first_name: string | null;
          full_name: string | null;
          is_verified: boolean;
          job_role: string | null;
          last_name: string | null;
          org_id: string;
          org_role: Database["public"]["Enums"]["org_role"];
          profile_id: string;
          updated_at: string;
          username: string;
          work_email: string | null;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          email: string;
          first_name?: string | null;
          full_name?: never;
          is_verified?: boolean;
          job_role?: string | null;
          last_name?: string | null;
          org_id: string;
          org_role?: Database["public"]["Enums"]["org_role"];
          profile_id: string;
          updated_at?: string;
          username: string;
          work_email?: string | null;
        };
        Update: {
          created_at?: string;
          email?: string;
          first_name?: string | null;
          full_name?: never;
          is_verified?: boolean;
          job_role?: string | null;
          last_name?: string | null;
          org_id?: string;
          org_role?: Database["public"]["Enums"]["org_role"];
          profile_id?: string;
          updated_at?: string;
          username?: string;
          work_email?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "profiles_org_id_fkey";
            columns: ["org_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["org_id"];
          },
        ];
      };
      project_members: {
        Row: {
          created_at: string;
          joined_at: string;
          org_id: string;
          profile_id: string;
          project_id: string;
          role: Database["public"]["Enums"]["project_role"];
          updated_at: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          joined_at?: string;
          org_id?: string;
          profile_id: string;
          project_id: string;
          role?: Database["public"]["Enums"]["project_role"];
          updated_at?: string;
        };
        Update: {
          created_at?: string;
          joined_at?: string;
          org_id?: string;
          profile_id?: string;
          project_id?: string;
          role?: Database["public"]["Enums"]["project_role"];
          updated_at?: string;
        };
        Relationships: [
          {
            foreignKeyName: "project_members_profile_in_org";
            columns: ["profile_id", "org_id"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["profile_id", "org_id"];
          },
          {
            foreignKeyName: "project_members_project_in_org";
            columns: ["project_id", "org_id"];
            isOneToOne: false;
            referencedRelation: "projects";
            referencedColumns: ["project_id", "org_id"];
          },
        ];
      };
      projects: {
        Row: {
          account_id: string | null;
          created_at: string;
          description: string | null;
          headline_unit: Database["public"]["Enums"]["work_unit"];
          opportunity_id: string | null;
          org_id: string;
          profile_id: string | null;
          project_id: string;
          project_name: string;
          updated_at: string;
        };
        ComputedFields: never;
        Insert: {
          account_id?: string | null;
          created_at?: string;
          description?: string | null;
          headline_unit?: Database["public"]["Enums"]["work_unit"];
          opportunity_id?: string | null;
          org_id?: string;
          profile_id?: string | null;
          project_id?: string;
          project_name: string;
          updated_at?: string;
        };
        Update: {
          account_id?: string | null;
          created_at?: string;
          description?: string | null;
          headline_unit?: Database["public"]["Enums"]["work_unit"];
          opportunity_id?: string | null;
          org_id?: string;
          profile_id?: string | null;
          project_id?: string;
          project_name?: string;
          updated_at?: string;
        };
        Relationships: [
          {
            foreignKeyName: "projects_account_in_org";
            columns: ["account_id", "org_id"];
            isOneToOne: false;
            referencedRelation: "account_delivery";
            referencedColumns: ["account_id", "org_id"];
          },
          {
            foreignKeyName: "projects_account_in_org";
            columns: ["account_id", "org_id"];
            isOneToOne: false;
            referencedRelation: "accounts";
            referencedColumns: ["account_id", "org_id"];
          },
          {
            foreignKeyName: "projects_opportunity_in_org";
            columns: ["opportunity_id", "org_id"];
            isOneToOne: false;
            referencedRelation: "opportunities";
            referencedColumns: ["opportunity_id", "org_id"];
          },
          {
            foreignKeyName: "projects_org_id_fkey";
            columns: ["org_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["org_id"];
          },
          {
            foreignKeyName: "projects_owner_in_org";
            columns: ["profile_id", "org_id"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["profile_id", "org_id"];
          },
        ];
      };
      sprint_snapshots: {
        Row: {
          created_at: string;
          figures: NonNullable<Json>;
          moment: Database["public"]["Enums"]["snapshot_moment"];
          project_id: string;
          snapshot_id: string;
          sprint_id: string;
          taken_at: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          figures: NonNullable<Json>;
          moment: Database["public"]["Enums"]["snapshot_moment"];
          project_id: string;
          snapshot_id?: string;
          sprint_id: string;
          taken_at?: string;
        };
        Update: {
          created_at?: string;
          figures?: NonNullable<Json>;
          moment?: Database["public"]["Enums"]["snapshot_moment"];
          project_id?: string;
          snapshot_id?: string;
          sprint_id?: string;
          taken_at?: string;
        };
        Relationships: [
          {
            foreignKeyName: "sprint_snapshots_of_sprint";
            columns: ["sprint_id", "project_id"];
            isOneToOne: false;
            referencedRelation: "sprints";
            referencedColumns: ["sprint_id", "project_id"];
          },
        ];
      };
      sprints: {
        Row: {
          completed_at: string | null;
          created_at: string;
          end_date: string;
          goal: string | null;
          project_id: string;
          sprint_id: string;
          sprint_name: string;
          start_date: string;
          started_at: string | null;
          status: Database["public"]["Enums"]["sprint_status"];
          updated_at: string;
        };
        ComputedFields: never;
        Insert: {
          completed_at?: string | null;
          created_at?: string;
          end_date: string;
          goal?: string | null;
          project_id: string;
          sprint_id?: string;
          sprint_name: string;
          start_date: string;
          started_at?: string | null;
          status?: Database["public"]["Enums"]["sprint_status"];
          updated_at?: string;
        };
        Update: {
          completed_at?: string | null;
          created_at?: string;
          end_date?: string;
          goal?: string | null;
          project_id?: string;
          sprint_id?: string;
          sprint_name?: string;
          start_date?: string;
          started_at?: string | null;
          status?: Database["public"]["Enums"]["sprint_status"];
          updated_at?: string;
        };
        Relationships: [
          {
            foreignKeyName: "sprints_project_id_fkey";
            columns: ["project_id"];
            isOneToOne: false;
            referencedRelation: "projects";
            referencedColumns: ["project_id"];
          },
        ];
      };
      task_events: {
        Row: {
          actor: string | null;
          assigned_to: string | null;
          at: string;
          created_at: string;
          event_id: number;
          kind: Database["public"]["Enums"]["task_event_kind"];
          new_value: string | null;
          old_value: string | null;
          project_id: string;
          sprint_id: string | null;
          status: Database["public"]["Enums"]["task_status"];
          story_points: number | null;
          task_id: string;
        };
        ComputedFields: never;
        Insert: {
          actor?: string | null;
          assigned_to?: string | null;
          at?: string;
          created_at?: string;
          event_id?: never;
          kind: Database["public"]["Enums"]["task_event_kind"];
          new_value?: string | null;
          old_value?: string | null;
          project_id: string;
          sprint_id?: string | null;
          status: Database["public"]["Enums"]["task_status"];
          story_points?: number | null;
          task_id: string;
        };
        Update: {
          actor?: string | null;
          assigned_to?: string | null;
          at?: string;
          created_at?: string;
          event_id?: never;
          kind?: Database["public"]["Enums"]["task_event_kind"];
          new_value?: string | null;
          old_value?: string | null;
          project_id?: string;
          sprint_id?: string | null;
          status?: Database["public"]["Enums"]["task_status"];
          story_points?: number | null;
          task_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: "task_events_project_id_fkey";
            columns: ["project_id"];
            isOneToOne: false;
            referencedRelation: "projects";
            referencedColumns: ["project_id"];
          },
        ];
      };
      tasks: {
        Row: {
          actual_time: number | null;
          assigned_to: string | null;
          board_rank: number;
          created_at: string;
          created_by: string | null;
          description: string | null;
          due_date: string | null;
          estimated_time: number | null;
          priority: Database["public"]["Enums"]["task_priority"];
          project_id: string;
          related_task_id: string | null;
          sprint_id: string | null;
          status: Database["public"]["Enums"]["task_status"];
          story_points: number | null;
          task_id: string;
          task_name: string;
          updated_at: string;
        };
        ComputedFields: never;
        Insert: {
          actual_time?: number | null;
          assigned_to?: string | null;
          board_rank?: number;
          created_at?: string;
          created_by?: string | null;
          description?: string | null;
          due_date?: string | null;
          estimated_time?: number | null;
          priority?: Database["public"]["Enums"]["task_priority"];
          project_id: string;
          related_task_id?: string | null;
          sprint_id?: string | null;
          status?: Database["public"]["Enums"]["task_status"];
          story_points?: number | null;
          task_id?: string;
          task_name: string;
          updated_at?: string;
        };
        Update: {
          actual_time?: number | null;
          assigned_to?: string | null;
          board_rank?: number;
          created_at?: string;
          created_by?: string | null;
          description?: string | null;
          due_date?: string | null;
          estimated_time?: number | null;
          priority?: Database["public"]["Enums"]["task_priority"];
          project_id?: string;
          related_task_id?: string | null;
          sprint_id?: string | null;
          status?: Database["public"]["Enums"]["task_status"];
          story_points?: number | null;
          task_id?: string;
          task_name?: string;
          updated_at?: string;
        };
        Relationships: [
          {
            foreignKeyName: "tasks_assignee_is_project_member";
            columns: ["project_id", "assigned_to"];
            isOneToOne: false;
            referencedRelation: "project_members";
            referencedColumns: ["project_id", "profile_id"];
          },
          {
            foreignKeyName: "tasks_created_by_fkey";
            columns: ["created_by"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["profile_id"];
          },
          {
            foreignKeyName: "tasks_project_id_fkey";
            columns: ["project_id"];
            isOneToOne: false;
            referencedRelation: "projects";
            referencedColumns: ["project_id"];
          },
          {
            foreignKeyName: "tasks_related_task_in_project";
            columns: ["related_task_id", "project_id"];
            isOneToOne: false;
            referencedRelation: "tasks";
            referencedColumns: ["task_id", "project_id"];
          },
          {
            foreignKeyName: "tasks_sprint_in_project";
            columns: ["sprint_id", "project_id"];
            isOneToOne: false;
            referencedRelation: "sprints";
            referencedColumns: ["sprint_id", "project_id"];
          },
        ];
      };
    };
    Views: {
      account_delivery: {
        Row: {
          account_id: string;
          account_name: string;
          account_type: Database["public"]["Enums"]["account_type"];
          acv: Json | null;
          open_opportunity_count: number | null;
          org_id: string;
          projects: Json | null;
          scope: Json | null;
          won_opportunity_count: number | null;
        };
        ComputedFields: never;
        Relationships: [
          {
            foreignKeyName: "accounts_org_id_fkey";
            columns: ["org_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["org_id"];
          },
        ];
      };
      opportunity_pipeline: {
        Row: {
          acv: number | null;
          currency_code: string;
          forecast_acv: number | null;
          opportunity_count: number | null;
          org_id: string;
          stage: Database["public"]["Enums"]["opportunity_stage"];
          without_acv_count: number | null;
        };
        ComputedFields: never;
        Relationships: [
          {
            foreignKeyName: "opportunities_org_id_fkey";
            columns: ["org_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["org_id"];
          },
        ];
      };
    };
    Functions: {
      accept_invitation: {
        Args: { token: string };
        Returns: {
          created_at: string;
          email: string;
          first_name: string | null;
          full_name: string | null;
          is_verified: boolean;
          job_role: string | null;
          last_name: string | null;
          org_id: string;
          org_role: Database["public"]["Enums"]["org_role"];
          profile_id: string;
          updated_at: string;
          username: string;
          work_email: string | null;
        };
        SetofOptions: {
          from: "*";
          to: "profiles";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      calendar_of: { Args: { feed_id: string }; Returns: Json };
      cancel_sprint: {
        Args: { sprint_id: string };
        Returns: {
          completed_at: string | null;
          created_at: string;
          end_date: string;
          goal: string | null;
          project_id: string;
          sprint_id: string;
          sprint_name: string;
          start_date: string;
          started_at: string | null;
          status: Database["public"]["Enums"]["sprint_status"];
          updated_at: string;
        };
        SetofOptions: {
          from: "*";
          to: "sprints";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      claim_notifications: {
        Args: {
          at?: string;
          batch?: number;
          event: Database["public"]["Enums"]["notification_event"];
          org_id?: string;
        };
        Returns: {
          attempt: number;
          channel_id: string;
          event: Database["public"]["Enums"]["notification_event"];
          kind: Database["public"]["Enums"]["channel_kind"];
          locale: Database["public"]["Enums"]["org_locale"];
          log_id: string;
          org_id: string;
          org_name: string;
          project_id: string;
          project_name: string;
          scrum_date: string;
          signing_secret: string;
          sprint_id: string;
          sprint_name: string;
          subject: string;
          target: string;
          timezone: string;
        }[];
      };
      claim_scrum_digest: {
        Args: { again?: boolean; daily_scrum_id: string };
        Returns: {
          attempt: number;
          channel_id: string;
          event: Database["public"]["Enums"]["notification_event"];
          kind: Database["public"]["Enums"]["channel_kind"];
          locale: Database["public"]["Enums"]["org_locale"];
          log_id: string;
          org_id: string;
          org_name: string;
          project_id: string;
          project_name: string;
          scrum_date: string;
          signing_secret: string;
          sprint_id: string;
          sprint_name: string;
          subject: string;
          target: string;
          timezone: string;
        }[];
      };
      claim_sprint_report: {
        Args: { again?: boolean; sprint_id: string };
        Returns: {
          attempt: number;
          channel_id: string;
          event: Database["public"]["Enums"]["notification_event"];
          kind: Database["public"]["Enums"]["channel_kind"];
          locale: Database["public"]["Enums"]["org_locale"];
          log_id: string;
          org_id: string;
          org_name: string;
          project_id: string;
          project_name: string;
          scrum_date: string;
          signing_secret: string;
          sprint_id: string;
          sprint_name: string;
          subject: string;
          target: string;
          timezone: string;
        }[];
      };
      complete_sprint: {
        Args: { carry_over_to?: string; sprint_id: string };
        Returns: Json;
      };
      create_invitation: {
        Args: {
          email: string;
          org_role?: Database["public"]["Enums"]["org_role"];
        };
        Returns: {
          expires_at: string;
          invitation_id: string;
          token: string;
        }[];
      };
      delete_my_account: {
        Args: Record<PropertyKey, never>;
        Returns: undefined;
      };
      move_task: {
        Args: {
          after_task_id?: string;
          from_status?: Database["public"]["Enums"]["task_status"];
          sprint_id?: string;
          status: Database["public"]["Enums"]["task_status"];
          task_id: string;
        };
        Returns: {
          actual_time: number | null;
          assigned_to: string | null;
          board_rank: number;
          created_at: string;
          created_by: string | null;
          description: string | null;
          due_date: string | null;
          estimated_time: number | null;
          priority: Database["public"]["Enums"]["task_priority"];
          project_id: string;
          related_task_id: string | null;
          sprint_id: string | null;
          status: Database["public"]["Enums"]["task_status"];
          story_points: number | null;
          task_id: string;
          task_name: string;
          updated_at: string;
        };
        SetofOptions: {
          from: "*";
          to: "tasks";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      open_daily_scrums: {
        Args: { scrum_date?: string };
        Returns: {
          created_at: string;
          daily_scrum_id: string;
          project_id: string;
          scrum_date: string;
          sprint_id: string;
          summary: string | null;
          updated_at: string;
        }[];
        SetofOptions: {
          from: "*";
          to: "daily_scrums";
          isOneToOne: false;
          isSetofReturn: true;
        };
      };
      open_scrums: {
        Args: { at?: string; org_id?: string };
        Returns: {
          created_at: string;
          daily_scrum_id: string;
          project_id: string;
          scrum_date: string;
          sprint_id: string;
          summary: string | null;
          updated_at: string;
        }[];
        SetofOptions: {
          from: "*";
          to: "daily_scrums";
          isOneToOne: false;
          isSetofReturn: true;
        };
      };
      project_impediments: {
        Args: { as_of?: string; project_id: string };
        Returns: Json;
      };
      project_participation: {
        Args: {
          as_of?: string;
          from_date?: string;
          project_id: string;
          to_date?: string;
        };
        Returns: Json;
      };
      project_throughput: {
        Args: { as_of?: string; days?: number; project_id: string };
        Returns: Json;
      };
      project_velocity: {
        Args: { as_of?: string; last?: number; project_id: string };
        Returns: Json;
      };
      project_version: {
        Args: { by_minute?: boolean; project_id: string };
        Returns: Json;
      };
      remove_member: {
        Args: { hand_over_to?: string; profile_id: string };
        Returns: Json;
      };
      rotate_channel_secret: { Args: { channel_id: string }; Returns: string };
      running_sprint_version: {
        Args: { by_minute?: boolean; project_id: string };
        Returns: Json;
      };
      scrum_digests_due: {
        Args: { at?: string; batch?: number; org_id?: string };
        Returns: {
          daily_scrum_id: string;
          locale: Database["public"]["Enums"]["org_locale"];
          scrum_date: string;
          sprint_id: string;
          timezone: string;
        }[];
      };
      scrum_draft: { Args: { as_of?: string }; Returns: Json };
      scrum_draft_version: { Args: Record<PropertyKey, never>; Returns: Json };
      scrum_of_day: {
        Args: { as_of?: string; date?: string; sprint_id: string };
        Returns: Json;
      };
      settle_notification: {
        Args: {
          attempt: number;
          error?: string;
          log_id: string;
          permanent?: boolean;
          retry_after_seconds?: number;
        };
        Returns: Database["public"]["Enums"]["notification_status"];
      };
      sprint_board: {
        Args: {
          as_of?: string;
          assignee?: string;
          priority?: Database["public"]["Enums"]["task_priority"];
          sprint_id: string;
        };
        Returns: Json;
      };
      sprint_burndown: {
        Args: { as_of?: string; sprint_id: string };
        Returns: Json;
      };
      sprint_flow: {
        Args: { as_of?: string; sprint_id: string };
        Returns: Json;
      };
      sprint_report: {
        Args: { as_of?: string; sprint_id: string };
        Returns: Json;
      };
      sprint_standing: { Args: { sprint_id: string }; Returns: Json };
      sprint_version: {
        Args: { by_minute?: boolean; sprint_id: string };
        Returns: Json;
      };
      sprint_workload: {
        Args: { as_of?: string; sprint_id: string };
        Returns: Json;
      };
      start_sprint: {
        Args: { move_dates?: boolean; sprint_id: string };
        Returns: {
          completed_at: string | null;
          created_at: string;
          end_date: string;
          goal: string | null;
          project_id: string;
          sprint_id: string;
          sprint_name: string;
          start_date: string;
          started_at: string | null;
          status: Database["public"]["Enums"]["sprint_status"];
          updated_at: string;
        };
        SetofOptions: {
          from: "*";
          to: "sprints";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      submit_scrum_update: {
        Args: {
          daily_scrum_id: string;
          did?: string[];
          impediments?: Json;
          today_work?: string;
          will_do?: string[];
          yesterday_work?: string;
        };
        Returns: {
          created_at: string;
          daily_scrum_id: string;
          profile_id: string | null;
          project_id: string;
          today_work: string | null;
          update_id: string;
          updated_at: string;
          yesterday_work: string | null;
        };
        SetofOptions: {
          from: "*";
          to: "daily_scrum_updates";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
    };
    Enums: {
      account_type: "Prospect" | "Customer" | "Partner";
      channel_kind: "slack" | "discord" | "teams" | "webhook" | "email";
      forecast_category: "Pipeline" | "Upside" | "Expect" | "Commit" | "Closed";
      notification_event: "scrum_reminder" | "scrum_digest" | "sprint_report";
      notification_status: "sending" | "sent" | "failed" | "given up";
      opportunity_stage:
        | "Opportunity"
        | "Discovery"
        | "Objectives"
        | "Present Solution"
        | "Economic Buyer Identified"
        | "Economic Buyer Validation"
        | "Validation Completed"
        | "Deal Imminent"
        | "Closed Won"
        | "Closed Lost"
        | "Closed No Decision";
      org_locale: "ko" | "en";
      org_role: "owner" | "admin" | "member";
      project_role: "manager" | "scrum_master" | "member" | "viewer";
      scrum_task_intent: "did" | "will do";
      snapshot_moment: "start" | "close";
      sprint_status: "Planned" | "Active" | "Completed" | "Cancelled";
      task_event_kind:
        | "created"
        | "status"
        | "points"
        | "sprint"
        | "assignee"
        | "deleted";
      task_priority: "Low" | "Medium" | "High" | "Urgent";
      task_status:
        | "Planned"
        | "Scheduled"
        | "In Progress"
        | "In Review"
        | "Blocked"
        | "On Hold"
        | "Completed"
        | "Cancelled";
      work_unit: "tasks" | "points";
    };
    CompositeTypes: {
      [_ in never]: never;
    };
  };
};

type DatabaseWithoutInternals = Omit<Database, "__InternalSupabase">;

type DefaultSchema = DatabaseWithoutInternals[Extract<
  keyof Database,
  "public"
>];

export type Tables<
  DefaultSchemaTableNameOrOptions extends
    | keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"] &
        DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"])
    : never = never,
> = DefaultSchemaTableNameOrOptions extends {
  schema: keyof DatabaseWithoutInternals;
}
  ? (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"] &
      DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"])[TableName] extends {
      Row: infer R;
    }
    ? R
    : never
  : DefaultSchemaTableNameOrOptions extends keyof (DefaultSchema["Tables"] &
        DefaultSchema["Views"])
    ? (DefaultSchema["Tables"] &
        DefaultSchema["Views"])[DefaultSchemaTableNameOrOptions] extends {
        Row: infer R;
      }
      ? R
      : never
    : never;

export type TablesInsert<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never = never,
> = DefaultSchemaTableNameOrOptions extends {
  schema: keyof DatabaseWithoutInternals;
}
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends {
      Insert: infer I;
    }
    ? I
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
    ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
        Insert: infer I;
      }
      ? I
      : never
    : never;

export type TablesUpdate<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never = never,
> = DefaultSchemaTableNameOrOptions extends {
  schema: keyof DatabaseWithoutInternals;
}
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends {
      Update: infer U;
    }
    ? U
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
    ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
        Update: infer U;
      }
      ? U
      : never
    : never;

export type Enums<
  DefaultSchemaEnumNameOrOptions extends
    | keyof DefaultSchema["Enums"]
    | { schema: keyof DatabaseWithoutInternals },
  EnumName extends DefaultSchemaEnumNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"]
    : never = never,
> = DefaultSchemaEnumNameOrOptions extends {
  schema: keyof DatabaseWithoutInternals;
}
  ? DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"][EnumName]
  : DefaultSchemaEnumNameOrOptions extends keyof DefaultSchema["Enums"]
    ? DefaultSchema["Enums"][DefaultSchemaEnumNameOrOptions]
    : never;

export type CompositeTypes<
  PublicCompositeTypeNameOrOptions extends
    | keyof DefaultSchema["CompositeTypes"]
    | { schema: keyof DatabaseWithoutInternals },
  CompositeTypeName extends PublicCompositeTypeNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"]
    : never = never,
> = PublicCompositeTypeNameOrOptions extends {
  schema: keyof DatabaseWithoutInternals;
}
  ? DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"][CompositeTypeName]
  : PublicCompositeTypeNameOrOptions extends keyof DefaultSchema["CompositeTypes"]
    ? DefaultSchema["CompositeTypes"][PublicCompositeTypeNameOrOptions]
    : never;

export const Constants = {
  public: {
    Enums: {
      account_type: ["Prospect", "Customer", "Partner"],
      channel_kind: ["slack", "discord", "teams", "webhook", "email"],
      forecast_category: ["Pipeline", "Upside", "Expect", "Commit", "Closed"],
      notification_event: ["scrum_reminder", "scrum_digest", "sprint_report"],
      notification_status: ["sending", "sent", "failed", "given up"],
      opportunity_stage: [
        "Opportunity",
        "Discovery",
        "Objectives",
        "Present Solution",
        "Economic Buyer Identified",
        "Economic Buyer Validation",
        "Validation Completed",
        "Deal Imminent",
        "Closed Won",
        "Closed Lost",
        "Closed No Decision",
      ],
      org_locale: ["ko", "en"],
      org_role: ["owner", "admin", "member"],
      project_role: ["manager", "scrum_master", "member", "viewer"],
      scrum_task_intent: ["did", "will do"],
      snapshot_moment: ["start", "close"],
      sprint_status: ["Planned", "Active", "Completed", "Cancelled"],
      task_event_kind: [
        "created",
        "status",
        "points",
        "sprint",
        "assignee",
        "deleted",
      ],
      task_priority: ["Low", "Medium", "High", "Urgent"],
      task_status: [
        "Planned",
        "Scheduled",
        "In Progress",
        "In Review",
        "Blocked",
        "On Hold",
        "Completed",
        "Cancelled",
      ],
      work_unit: ["tasks", "points"],
    },
  },
} as const;
