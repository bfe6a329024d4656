// What the types know, compiled by types.test.mjs and never run: each line below "@ts-expect-error"
// has a mistake that the compiler must find.

import { createClient } from "@supabase/supabase-js";
import { Constants, type Database, type Tables, type TablesInsert } from "../../types/database.js";

const supabase = createClient<Database>("http://127.0.0.1:54321", "sb_publishable_key");

export async function openTasks(sprint: string): Promise<Pick<Tables<"tasks">, "task_name" | "status" | "story_points">[]> {
  const { data, error } = await supabase.from("tasks")
    .select("task_name, status, story_points").eq("sprint_id", sprint).neq("status", "Completed");
  if (error) throw error;
  return data;
}

export async function mistakes(project: string) {
  // @ts-expect-error there is no such table
  await supabase.from("stories").select();
  // @ts-expect-error there is no such status
  await supabase.from("tasks").select().eq("status", "Done");
  // @ts-expect-error there is no such column
  await supabase.from("tasks").insert({ project_id: project, task_name: "Demo", title: "Demo" });
  // @ts-expect-error a task needs a project
  await supabase.from("tasks").insert({ task_name: "Demo" });
  // @ts-expect-error a sprint's dates are no numbers
  const sprint: TablesInsert<"sprints"> = { project_id: project, sprint_name: "1", start_date: 1, end_date: 2 };
  // @ts-expect-error there is no such argument
  await supabase.rpc("project_velocity", { project: project });
  return sprint;
}

export async function views(sprint: string, project: string) {
  const burndown = await supabase.rpc("sprint_burndown", { sprint_id: sprint });
  const velocity = await supabase.rpc("project_velocity", { project_id: project, last: 3 });
  const started = await supabase.rpc("start_sprint", { sprint_id: sprint });
  const status: Database["public"]["Enums"]["sprint_status"] | undefined = started.data?.status;
  const pipeline = await supabase.from("opportunity_pipeline").select();
  return { burndown, velocity, status, pipeline, statuses: Constants.public.Enums.task_status };
}
