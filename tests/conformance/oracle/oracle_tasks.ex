# SPDX-License-Identifier: Apache-2.0
# Scenarios of the kind "tasks": tasks of clients, and a task supervisor. A script says what a task does.

defmodule OracleTasks do
  import OracleToolbox, only: [finish: 1, result: 2, shown: 1, started: 1]

  def perform(%{"do" => "open"} = step, _) do
    shown(fn context ->
      started(
        Task.Supervisor.start_link(
          name: name(context),
          max_children: step["max_children"] || :infinity,
          max_restarts: step["max_restarts"],
          max_seconds: 3600
        )
      )
    end)
  end

  def perform(%{"do" => "async", "id" => id} = step, _) do
    {:client,
     fn context ->
       try do
         begin(context, step, body(context, id, step["script"]))
       rescue
         RuntimeError -> result(context, "max_children")
       else
         task ->
           Process.put({:task, id}, task)
           result(context, "ok")
       end
     end}
  end

  def perform(%{"do" => "start_child", "id" => id, "restart" => restart} = step, _) do
    shown(fn context ->
      body = body(context, id, step["script"])
      options = [restart: String.to_atom(restart), shutdown: limit(context, step["shutdown"])]
      started(Task.Supervisor.start_child(name(context), body, options))
    end)
  end

  def perform(%{"do" => "children"}, _) do
    shown(fn context -> length(Task.Supervisor.children(name(context))) end)
  end

  def perform(%{"do" => "terminate_child", "to" => to}, s) do
    case :oracle_stage.pid(to, s) do
      :none ->
        {:result, "error:unknown"}

      pid ->
        shown(fn context ->
          case Task.Supervisor.terminate_child(name(context), pid) do
            :ok -> "ok"
            {:error, reason} -> "error:" <> :oracle_rest.reason(reason)
          end
        end)
    end
  end

  def perform(%{"do" => "stream"} = step, _) do
    {:client,
     fn context ->
       try do
         for item <- stream(context, step), do: outcome(item)
       rescue
         RuntimeError -> result(context, "max_children")
       else
         items -> result(context, items)
       end
     end}
  end

  def perform(%{"do" => action, "ids" => ids} = step, _) do
    {:client,
     fn context ->
       tasks = for id <- ids, task = Process.get({:task, id}), do: task
       result(context, many(action, tasks, :oracle_stage.ms(context, step["timeout"])))
     end}
  end

  def perform(%{"do" => action, "id" => id} = step, _)
      when action in ["await", "yield", "shutdown", "ignore"] do
    {:client,
     fn context ->
       case Process.get({:task, id}) do
         nil -> result(context, "unknown")
         task -> result(context, one(action, task, context, step["timeout"]))
       end
     end}
  end

  def perform(step, s), do: :oracle_server.perform(step, s)

  defp name(context), do: :oracle_stage.name(context, "tasks")

  defp begin(_, %{"how" => "plain"}, body), do: Task.async(body)

  defp begin(context, %{"how" => how} = step, body) do
    options = [shutdown: limit(context, step["shutdown"])]

    case how do
      "link" -> Task.Supervisor.async(name(context), body, options)
      "nolink" -> Task.Supervisor.async_nolink(name(context), body, options)
    end
  end

  defp body(context, id, script) do
    fn ->
      Process.flag(:trap_exit, script["trap_exit"] || false)
      :oracle_stage.watch(context, id)
      if script["hangs"], do: :timer.sleep(:infinity)
      if script["sleep"], do: :timer.sleep(:oracle_stage.ms(context, script["sleep"]))
      finish(script)
    end
  end

  defp stream(context, %{"id" => id, "items" => items, "how" => how} = step) do
    run = fn {script, number} -> body(context, "#{id}i#{number}", script).() end

    options = [
      max_concurrency: step["max_concurrency"],
      ordered: step["ordered"],
      timeout: :oracle_stage.ms(context, step["timeout"]),
      on_timeout: if(step["kills"], do: :kill_task, else: :exit)
    ]

    supervised = options ++ [shutdown: limit(context, step["shutdown"])]
    items = Enum.with_index(items)

    case how do
      "plain" -> Task.async_stream(items, run, options)
      "link" -> Task.Supervisor.async_stream(name(context), items, run, supervised)
      "nolink" -> Task.Supervisor.async_stream_nolink(name(context), items, run, supervised)
    end
  end

  defp limit(_, nil), do: :brutal_kill
  defp limit(context, ms), do: :oracle_stage.ms(context, ms)

  defp one("await", task, context, ms), do: Task.await(task, :oracle_stage.ms(context, ms))
  defp one("yield", task, context, ms), do: outcome(Task.yield(task, :oracle_stage.ms(context, ms)))
  defp one("ignore", task, _, _), do: outcome(Task.ignore(task))
  defp one("shutdown", task, context, ms), do: outcome(Task.shutdown(task, limit(context, ms)))

  defp many("await_many", tasks, timeout), do: Task.await_many(tasks, timeout)

  defp many("yield_many", tasks, timeout) do
    for {_, outcome} <- Task.yield_many(tasks, timeout), do: outcome(outcome)
  end

  defp outcome({:ok, value}), do: ["ok", value]
  defp outcome({:exit, reason}), do: ["exit", :oracle_rest.reason(reason)]
  defp outcome(nil), do: "nil"
end
