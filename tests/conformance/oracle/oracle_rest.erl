%% SPDX-License-Identifier: Apache-2.0
%% When a set of processes is at rest, and how reasons are written.
%%
%% The BEAM has one scheduler thread. While the observer runs, every other process waits or is in the run queue, and
%% after a yield of the observer each process of the run queue has had a turn. So a set of processes is at rest
%% if several yields in a row bring no event, and each process waits with an empty mailbox.
-module(oracle_rest).
-export([all_wait/1, turns/0, reason/1, start_error/1, now_ms/0, symbol/1, name/2, kill_all/1]).

-define(TURNS, 20).

turns() -> ?TURNS.

all_wait(Pids) ->
    lists:all(fun waits/1, Pids).

waits(Pid) ->
    case process_info(Pid, [status, message_queue_len]) of
        undefined -> true;
        [{status, waiting}, {message_queue_len, 0}] -> true;
        _ -> false
    end.

now_ms() ->
    erlang:monotonic_time(millisecond).

%% Reasons as scenarios write them.
reason({{crash, Message}, Stack}) when is_list(Stack) -> <<"crash:", Message/binary>>;
%% gen_statem leaves out the stack in the result of a failed start, and in the reason for terminate.
reason({crash, Message}) -> <<"crash:", Message/binary>>;
%% A process that a failed call has ended.
reason({Reason, {Module, Function, Arguments}}) when is_atom(Module), is_atom(Function), is_list(Arguments) ->
    reason(Reason);
reason({shutdown, Reason}) -> <<"shutdown:", (reason(Reason))/binary>>;
reason(Atom) when is_atom(Atom) -> atom_to_binary(Atom);
reason(Other) -> unicode:characters_to_binary(io_lib:format("~0p", [Other])).

start_error({shutdown, {failed_to_start_child, Id, Reason}}) ->
    <<"failed_to_start_child(", Id/binary, ",", (start_error(Reason))/binary, ")">>;
start_error({already_started, _}) -> <<"already_started">>;
start_error(Reason) -> reason(Reason).

symbol(<<"shutdown:", Rest/binary>>) -> {shutdown, binary_to_atom(Rest)};
symbol(Text) -> binary_to_atom(Text).

%% Names are global: each slot has names of its own. No process can have the name undefined.
name(_, <<"undefined">>) ->
    undefined;
name(Slot, Text) ->
    binary_to_atom(<<"slot", (integer_to_binary(Slot))/binary, "_", Text/binary>>).

%% Ends processes and waits for their end.
kill_all(Pids) ->
    Monitors = [monitor(process, Pid) || Pid <- Pids],
    [exit(Pid, kill) || Pid <- Pids],
    [receive {'DOWN', Monitor, process, _, _} -> ok end || Monitor <- Monitors],
    ok.
