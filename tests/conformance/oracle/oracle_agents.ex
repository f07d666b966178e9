# SPDX-License-Identifier: Apache-2.0
# Scenarios of the kind "agents". The state is a number; a function adds a number, or fails.

defmodule OracleAgents do
  import OracleToolbox, only: [finish: 1, started: 1]

  def perform(%{"do" => "start", "how" => how} = step, _) do
    {:client,
     fn context ->
       init = fn -> init(context, step) end
       options = if step["name"], do: [name: :oracle_stage.name(context, step["name"])], else: []

       result =
         if how == "link", do: Agent.start_link(init, options), else: Agent.start(init, options)

       :oracle_stage.event(context, "started", %{"id" => step["id"], "result" => started(result)})
     end}
  end

  def perform(%{"do" => action, "to" => to} = step, s)
      when action in ["get", "update", "get_and_update", "cast", "suspend", "resume"] do
    case target(to, s) do
      :none -> {:result, "error:unknown"}
      agent when action == "cast" -> {:client, fn _ -> Agent.cast(agent, changes(step)) end}
      agent -> {:process, fn context -> ask(action, agent, step, context) end}
    end
  end

  def perform(step, s), do: :oracle_server.perform(step, s)

  defp target("name:" <> name, s), do: :oracle_stage.name(s, name)
  defp target(label, s), do: :oracle_stage.pid(label, s)

  # A failed start has a label, and no end.
  defp init(context, %{"id" => id, "script" => script}) do
    if script["then"] == "value" do
      :oracle_stage.watch(context, id)
    else
      :oracle_stage.name(context, self(), id)
    end

    finish(script)
  end

  defp changes(%{"script" => script}), do: fn state -> state + finish(script) end

  # After a time-out the process shows each reply that comes.
  defp ask(action, agent, step, context) do
    timeout = :oracle_stage.ms(context, step["timeout"])
    OracleToolbox.result(context, answer(action, agent, step, timeout))
  catch
    :exit, {reason, _} ->
      :oracle_stage.event(context, "failed", %{"reason" => :oracle_rest.reason(reason)})
      :oracle_stage.listen(context)
  end

  defp answer("get", agent, step, timeout), do: Agent.get(agent, changes(step), timeout)

  defp answer("update", agent, step, timeout) do
    Agent.update(agent, changes(step), timeout) && "ok"
  end

  defp answer("get_and_update", agent, %{"script" => script}, timeout) do
    Agent.get_and_update(agent, &{&1, &1 + finish(script)}, timeout)
  end

  defp answer("suspend", agent, _, _), do: :sys.suspend(agent) && "ok"
  defp answer("resume", agent, _, _), do: :sys.resume(agent) && "ok"
end
