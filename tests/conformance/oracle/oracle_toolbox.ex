# SPDX-License-Identifier: Apache-2.0
# Scenarios of the kinds that only Elixir has. Each module says what a step does: see oracle_stage.erl.

defmodule OracleToolbox do
  @modules %{
    "registry" => OracleRegistry,
    "agents" => OracleAgents,
    "tasks" => OracleTasks,
    "partitions" => OraclePartitions
  }

  def run(%{"kind" => kind} = scenario) do
    module = Map.fetch!(@modules, kind)
    :oracle_stage.run(scenario, &module.perform/2)
  end

  @doc "A step whose client shows the value of the function."
  def shown(act) do
    {:client,
     fn context ->
       value =
         try do
           act.(context)
         rescue
           ArgumentError -> "badarg"
         end

       result(context, value)
     end}
  end

  def result(context, value), do: :oracle_stage.event(context, "result", %{"value" => value})

  @doc "The result of a start."
  def started({:ok, _}), do: "ok"
  def started(:ignore), do: "ignore"
  def started({:error, reason}), do: "error:" <> :oracle_rest.start_error(reason)

  @doc "What a script ends with: a value, a crash or an exit."
  def finish(%{"then" => "crash", "message" => message}), do: :erlang.error({:crash, message})
  def finish(%{"then" => "exit", "reason" => reason}), do: exit(:oracle_rest.symbol(reason))
  def finish(%{"value" => value}), do: value
end
