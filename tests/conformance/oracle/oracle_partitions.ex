# SPDX-License-Identifier: Apache-2.0
# Scenarios of the kind "partitions": a partition supervisor over dynamic supervisors, and dynamic supervisors below
# these. The workers are the servers of the kind "server".

defmodule OraclePartitions do
  import OracleToolbox, only: [result: 2, started: 1]

  def perform(%{"do" => "open", "partitions" => partitions} = step, _) do
    {:client,
     fn context ->
       options = [
         child_spec: %{
           id: :partition,
           start: {__MODULE__, :start_partition, [context, step]},
           type: :supervisor
         },
         with_arguments: fn [context, step], partition -> [context, step, "p#{partition}"] end,
         name: name(context),
         partitions: partitions,
         strategy: String.to_atom(step["strategy"]),
         max_restarts: step["max_restarts_of_all"],
         max_seconds: 3600
       ]

       result(context, started(PartitionSupervisor.start_link(options)))
     end}
  end

  def perform(%{"to" => _} = step, s), do: :oracle_server.perform(step, s)
  def perform(%{"do" => "end"} = step, s), do: :oracle_server.perform(step, s)

  def perform(%{"do" => action} = step, s) do
    under = step["under"] && :oracle_stage.pid(step["under"], s)
    of = step["of"] && :oracle_stage.pid(step["of"], s)

    cond do
      :none in [under, of] -> {:result, "error:unknown"}
      true -> {:client, fn context -> answer(action, context, step, under, of) end}
    end
  end

  @doc "Starts a dynamic supervisor that has a label."
  def start_partition(context, step, label) do
    options = [
      strategy: :one_for_one,
      max_restarts: step["max_restarts"],
      max_seconds: 3600,
      max_children: step["max_children"] || :infinity
    ]

    {:ok, pid} = DynamicSupervisor.start_link(options)
    :oracle_stage.watch(context, pid, label)
    {:ok, pid}
  end

  # An exit of the caller is shown.
  defp answer(action, context, step, under, of) do
    result(context, act(action, context, step, under, of))
  catch
    :exit, {reason, _} -> result(context, :oracle_rest.reason(reason))
  end

  defp act("partitions", context, _, _, _) do
    children = PartitionSupervisor.which_children(name(context))
    alive = for {number, pid, _, _} <- children, is_pid(pid), do: number
    [PartitionSupervisor.partitions(name(context)), Enum.sort(alive)]
  end

  defp act("stop_all", context, step, _, _) do
    PartitionSupervisor.stop(name(context), :oracle_rest.symbol(step["reason"])) && "ok"
  end

  defp act("start", context, step, under, _) do
    started(DynamicSupervisor.start_child(above(context, step, under), spec(context, step)))
  end

  defp act("terminate", context, step, under, of) do
    case DynamicSupervisor.terminate_child(above(context, step, under), of) do
      :ok -> "ok"
      {:error, reason} -> "error:" <> :oracle_rest.reason(reason)
    end
  end

  defp act("count", context, step, under, _) do
    counts = DynamicSupervisor.count_children(above(context, step, under))
    [counts.specs, counts.active, counts.supervisors, counts.workers]
  end

  defp act("children", context, step, under, _) do
    children = DynamicSupervisor.which_children(above(context, step, under))
    {:sorted, for({_, pid, _, _} <- children, do: pid)}
  end

  # A partition supervisor that has ended raises where its table is read.
  defp above(context, %{"key" => key}, nil) do
    {:via, PartitionSupervisor, {name(context), key}}
  end

  defp above(_, _, pid), do: pid

  defp spec(context, %{"max_restarts" => _, "id" => id} = step) do
    spec(context, step, {__MODULE__, :start_partition, [context, step, id]}, :supervisor)
  end

  defp spec(context, step) do
    arguments = [:oracle_server, {context, step}, []]
    spec(context, step, {:gen_server, :start_link, arguments}, :worker)
  end

  defp spec(context, step, start, type) do
    spec = %{id: step["id"], start: start, type: type, restart: String.to_atom(step["restart"])}

    if step["shutdown"] do
      Map.put(spec, :shutdown, :oracle_stage.ms(context, step["shutdown"]))
    else
      spec
    end
  end

  defp name(context), do: :oracle_stage.name(context, "partitions")
end
