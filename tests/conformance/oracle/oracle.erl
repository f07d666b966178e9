%% SPDX-License-Identifier: Apache-2.0
%% Runs scenarios on real OTP. One BEAM runs all scenarios of a session, many at a time.
%%
%% Standard input has one request a line: INPUT OUTPUT SLOTS SCALE. INPUT holds records of {Index, Scenario},
%% OUTPUT gets records of {Index, Trace}: a length of 4 bytes, then a term in the external format. SLOTS is the
%% number of scenarios that run at a time. SCALE stretches all times of a scenario. The answer is "done".
-module(oracle).
-export([main/0]).

-define(LIMIT_MS, 20000).

main() ->
    logger:set_primary_config(level, none),
    load_modules(),
    serve().

%% A process that waits for the code server to load a module would look as if it were at rest.
load_modules() ->
    [code:ensure_modules_loaded(modules_of(Application)) || Application <- [kernel, stdlib, elixir, logger]],
    Own = filename:dirname(code:which(?MODULE)),
    [code:ensure_loaded(list_to_atom(filename:rootname(filename:basename(Beam))))
     || Beam <- filelib:wildcard(filename:join(Own, "*.beam"))].

modules_of(Application) ->
    application:load(Application),
    {ok, Modules} = application:get_key(Application, modules),
    Modules.

serve() ->
    case io:get_line("") of
        Line when is_list(Line); is_binary(Line) ->
            [In, Out, Slots, Scale] = string:lexemes(unicode:characters_to_binary(Line), " \n"),
            run_file(In, Out, binary_to_integer(Slots), binary_to_integer(Scale)),
            io:put_chars("done\n"),
            serve();
        _ ->
            erlang:halt(0)
    end.

run_file(In, Out, Slots, Scale) ->
    {ok, Packed} = file:read_file(In),
    {ok, File} = file:open(Out, [write, raw, binary, delayed_write]),
    Me = self(),
    Workers = [spawn_link(fun() -> slot(Me, Slot, Scale) end) || Slot <- lists:seq(1, Slots)],
    deal(Packed, Workers, length(Workers), File),
    ok = file:close(File).

%% Gives each idle slot the next scenario. `Open` counts the slots that have not been told to end.
deal(_, _, 0, _) ->
    ok;
deal(Packed, Workers, Open, File) ->
    receive
        {result, Result} ->
            Record = term_to_binary(Result),
            ok = file:write(File, [<<(byte_size(Record)):32>>, Record]),
            deal(Packed, Workers, Open, File);
        {idle, Slot} ->
            case Packed of
                <<Size:32, Record:Size/binary, Rest/binary>> ->
                    Slot ! {run, binary_to_term(Record)},
                    deal(Rest, Workers, Open, File);
                <<>> ->
                    Slot ! finish,
                    deal(Packed, Workers, Open - 1, File)
            end
    end.

slot(Dealer, Number, Scale) ->
    Dealer ! {idle, self()},
    receive
        finish ->
            ok;
        {run, {Index, Scenario}} ->
            Dealer ! {result, {Index, run_one(Number, Scale, Scenario)}},
            slot(Dealer, Number, Scale)
    end.

%% A scenario that fails or hangs has a text in place of a trace.
run_one(Number, Scale, Scenario) ->
    Run = case maps:get(<<"kind">>, Scenario, <<"supervision">>) of
              <<"processes">> -> fun oracle_processes:run/1;
              <<"supervision">> -> fun oracle_tree:run/1;
              <<"server">> -> fun oracle_server:run/1;
              <<"statem">> -> fun oracle_statem:run/1;
              _ -> fun 'Elixir.OracleToolbox':run/1
          end,
    Given = Scenario#{slot => Number, scale => Scale},
    %% All processes of the scenario inherit the slot as their group leader.
    Slot = self(),
    {Runner, Monitor} = spawn_monitor(fun() -> group_leader(Slot, self()), exit({trace, Run(Given)}) end),
    Result = receive
                 {'DOWN', Monitor, process, Runner, {trace, Trace}} -> Trace;
                 {'DOWN', Monitor, process, Runner, Other} -> shown("failed: ~p", Other)
             after ?LIMIT_MS * Scale ->
                 <<"hangs">>
             end,
    demonitor(Monitor, [flush]),
    clean_up(),
    Result.

%% Ends the processes that a scenario has left.
clean_up() ->
    Mine = {group_leader, self()},
    case [Pid || Pid <- processes(), Pid =/= self(), process_info(Pid, group_leader) =:= Mine] of
        [] -> ok;
        Left -> oracle_rest:kill_all(Left), clean_up()
    end.

shown(Format, Term) ->
    unicode:characters_to_binary(io_lib:format(Format, [Term])).
