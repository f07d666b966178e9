# SPDX-License-Identifier: Apache-2.0
# Scenarios of the kind "registry": clients and servers under the keys of one registry. Values are texts.

defmodule OracleRegistry do
  import OracleToolbox, only: [shown: 1, started: 1]

  @queries ~w(register unregister unregister_match lookup match count count_match select count_select
              update_value whereis dispatch)

  def perform(%{"do" => "open", "keys" => keys, "partitions" => partitions} = step, _) do
    shown(fn context ->
      listeners = if step["listens"], do: [:oracle_stage.name(context, "listener")], else: []

      started(
        Registry.start_link(
          keys: String.to_atom(keys),
          name: name(context),
          partitions: partitions,
          listeners: listeners
        )
      )
    end)
  end

  def perform(%{"do" => "listen"}, _) do
    {:process,
     fn context ->
       Process.register(self(), :oracle_stage.name(context, "listener"))
       listen(context)
     end}
  end

  def perform(%{"do" => action, "of" => of} = step, s) when action in ["keys", "values"] do
    case :oracle_stage.pid(of, s) do
      :none -> {:result, "error:unknown"}
      owner -> shown(fn context -> asked_of(action, name(context), step["key"], owner) end)
    end
  end

  def perform(%{"do" => action} = step, _) when action in @queries do
    shown(fn context -> act(step, context, name(context), step["key"], step["value"]) end)
  end

  def perform(step, s), do: :oracle_server.perform(step, s)

  defp listen(context) do
    receive do
      {:register, _, key, _, value} ->
        :oracle_stage.event(context, "registered", %{"key" => key, "value" => value})

      {:unregister, _, key, _} ->
        :oracle_stage.event(context, "unregistered", %{"key" => key})
    end

    listen(context)
  end

  defp name(context), do: :oracle_stage.name(context, "registry")

  defp asked_of("keys", registry, _, owner), do: Enum.sort(Registry.keys(registry, owner))
  defp asked_of("values", registry, key, owner), do: Enum.sort(Registry.values(registry, key, owner))

  defp act(%{"do" => "register"} = step, context, registry, key, value) do
    case Registry.register(registry, key, value) do
      {:ok, partition} ->
        if step["names_partition"], do: :oracle_stage.name(context, partition, "partition")
        "ok"

      {:error, {:already_registered, pid}} ->
        ["already", pid]
    end
  end

  defp act(%{"do" => "unregister"}, _, registry, key, _) do
    Registry.unregister(registry, key) && "ok"
  end

  defp act(%{"do" => "unregister_match"}, _, registry, key, value) do
    Registry.unregister_match(registry, key, value) && "ok"
  end

  defp act(%{"do" => "lookup"} = step, _, registry, key, _) do
    entries(Registry.lookup(registry, key), step)
  end

  defp act(%{"do" => "match"} = step, _, registry, key, value) do
    entries(Registry.match(registry, key, value), step)
  end

  defp act(%{"do" => "dispatch"} = step, _, registry, key, _) do
    me = self()
    Registry.dispatch(registry, key, fn entries -> send(me, {:seen, entries}) end)
    entries(seen([]), step)
  end

  defp act(%{"do" => "count"}, _, registry, _, _), do: Registry.count(registry)

  defp act(%{"do" => "count_match"}, _, registry, key, value) do
    Registry.count_match(registry, key, value)
  end

  defp act(%{"do" => "select"}, _, registry, _, value) do
    found = Registry.select(registry, [{{:"$1", :"$2", value}, [], [{{:"$1", :"$2"}}]}])
    {:sorted, for({key, pid} <- found, do: [key, pid, value])}
  end

  defp act(%{"do" => "count_select"}, _, registry, _, value) do
    Registry.count_select(registry, [{{:_, :_, value}, [], [true]}])
  end

  defp act(%{"do" => "update_value"}, _, registry, key, value) do
    case Registry.update_value(registry, key, fn _ -> value end) do
      {now, before} -> [now, before]
      :error -> "error"
    end
  end

  defp act(%{"do" => "whereis"}, _, registry, key, _) do
    case Registry.whereis_name({registry, key}) do
      :undefined -> "undefined"
      pid -> pid
    end
  end

  defp seen(entries) do
    receive do
      {:seen, more} -> seen(entries ++ more)
    after
      0 -> entries
    end
  end

  # The order of entries counts only for a step that says so: partitions depend on the hash of a pid.
  defp entries(entries, step) do
    shown = for {pid, value} <- entries, do: [pid, value]
    if step["ordered"], do: shown, else: {:sorted, shown}
  end
end
