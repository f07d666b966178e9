%% SPDX-License-Identifier: Apache-2.0
%% Scenarios of the kind "server": gen_servers whose callbacks do what the messages say.
-module(oracle_server).
-behaviour(gen_server).
-export([run/1, perform/2, start/4, init/1, handle_call/3, handle_cast/2, handle_info/2, handle_continue/2, terminate/2]).

run(Scenario) ->
    oracle_stage:run(Scenario, fun perform/2).

perform(#{<<"do">> := <<"start">>} = Step, _) ->
    {client, fun(Context) -> start(Context, ?MODULE, gen_server, Step) end};
perform(#{<<"do">> := <<"reply">>, <<"key">> := Key, <<"value">> := Value}, S) ->
    case oracle_stage:kept(Key, S) of
        none -> {result, <<"error:nokey">>};
        From -> {client, fun(_) -> gen_server:reply(From, Value) end}
    end;
perform(#{<<"do">> := <<"end">>, <<"reason">> := Reason}, _) ->
    {client, fun(_) -> exit(oracle_rest:symbol(Reason)) end};
perform(#{<<"to">> := To} = Step, S) ->
    Target = case To of
                 <<"name:", Name/binary>> -> oracle_stage:name(S, Name);
                 <<"via:", Key/binary>> -> {via, 'Elixir.Registry', {oracle_stage:name(S, <<"registry">>), Key}};
                 _ -> oracle_stage:pid(To, S)
             end,
    case Target of
        none -> {result, <<"error:unknown">>};
        _ -> asked(Step, Target)
    end.

asked(#{<<"do">> := <<"call">>, <<"script">> := Script} = Step, Target) ->
    {process, fun(Context) -> call(Context, Target, Script, maps:get(<<"timeout">>, Step, none)) end};
asked(#{<<"do">> := <<"cast">>, <<"script">> := Script}, Target) ->
    {client, fun(_) -> gen_server:cast(Target, Script) end};
asked(#{<<"do">> := <<"info">>, <<"script">> := Script}, Target) ->
    {client, fun(_) -> catch Target ! {script, Script} end};
asked(#{<<"do">> := <<"exit">>, <<"reason">> := Reason}, Target) ->
    {client, fun(_) -> is_pid(Target) andalso exit(Target, oracle_rest:symbol(Reason)) end};
asked(#{<<"do">> := <<"stop">>, <<"reason">> := Reason} = Step, Target) ->
    {process, fun(Context) ->
                      Limit = oracle_stage:ms(Context, maps:get(<<"timeout">>, Step, none)),
                      stop(Target, oracle_rest:symbol(Reason), Limit)
              end}.

%% A server that ends before it takes the request: OTP's caller exits with {End, {sys, terminate, …}}, also if the end has
%% the reason of the request.
stop(Target, Reason, Limit) ->
    try
        gen_server:stop(Target, Reason, Limit)
    catch
        exit:{Reason, {sys, terminate, _}} -> ok;
        exit:{End, {sys, terminate, _}} -> exit(End)
    end.

%% In the client.
start(Context, Module, Behaviour, #{<<"id">> := Id, <<"how">> := How} = Step) ->
    Options = [{timeout, oracle_stage:ms(Context, Ms)} || #{<<"within">> := Ms} <- [Step]],
    Name = [{local, oracle_stage:name(Context, Text)} || #{<<"name">> := Text} <- [Step]]
        ++ [{via, 'Elixir.Registry', {oracle_stage:name(Context, <<"registry">>), Key, Value}}
            || #{<<"via">> := Key, <<"value">> := Value} <- [Step]],
    Function = maps:get(How, #{<<"link">> => start_link, <<"alone">> => start, <<"monitor">> => start_monitor}),
    Started = apply(Behaviour, Function, Name ++ [Module, {Context, Step}, Options]),
    oracle_stage:event(Context, <<"started">>, #{<<"id">> => Id, <<"result">> => started(Started)}).

started({ok, _}) -> <<"ok">>;
started(ignore) -> <<"ignore">>;
started({error, Reason}) -> <<"error:", (oracle_rest:start_error(Reason))/binary>>.

%% A late reply must not come after a time-out. Two messages of OTP are not compared: a second reply, and the reply to
%% a call without a time-out that comes after the server's end.
call(Context, Target, Script, Timeout) ->
    try gen_server:call(Target, Script, oracle_stage:ms(Context, Timeout)) of
        Value ->
            oracle_stage:event(Context, <<"reply">>, #{<<"value">> => Value}),
            oracle_stage:ignore()
    catch
        exit:{Reason, _} ->
            oracle_stage:event(Context, <<"failed">>, #{<<"reason">> => oracle_rest:reason(Reason)}),
            case Timeout of
                none -> oracle_stage:ignore();
                _ -> oracle_stage:listen(Context)
            end
    end.

init({Context0, #{<<"id">> := Id, <<"init">> := Script} = Step}) ->
    process_flag(trap_exit, maps:get(<<"trap_exit">>, Step, false)),
    Context = oracle_stage:watch(Context0, Id),
    oracle_stage:event(Context, <<"init">>, #{}),
    S = #{context => Context, last => maps:get(<<"terminate">>, Step, #{})},
    pause(Context, Script),
    case maps:get(<<"then">>, Script, <<"ok">>) of
        <<"ok">> -> with_options(Script, {ok, S});
        <<"ignore">> -> ignore;
        <<"stop">> -> {stop, reason(Script)};
        Failure -> fail(Failure, Script)
    end.

handle_call(Script, From, #{context := Context} = S) ->
    oracle_stage:keep(Context, maps:get(<<"tag">>, Script), From),
    begins(<<"call">>, Script, S),
    case maps:get(<<"then">>, Script, <<"noreply">>) of
        <<"reply">> -> with_options(Script, {reply, maps:get(<<"value">>, Script), S});
        <<"noreply">> -> with_options(Script, {noreply, S});
        <<"stop">> -> {stop, reason(Script), S};
        <<"stop_reply">> -> {stop, reason(Script), maps:get(<<"value">>, Script), S};
        Failure -> fail(Failure, Script)
    end.

handle_cast(Script, S) -> handled(<<"cast">>, Script, S).

handle_info({script, Script}, S) -> handled(<<"info">>, Script, S);
handle_info(timeout, #{context := Context} = S) ->
    oracle_stage:event(Context, <<"timeout">>, #{}),
    {noreply, S};
handle_info(Other, #{context := Context} = S) ->
    oracle_stage:listens(Context, Other),
    {noreply, S}.

handle_continue(Script, S) -> handled(<<"continue">>, Script, S).

handled(Kind, Script, S) ->
    begins(Kind, Script, S),
    case maps:get(<<"then">>, Script, <<"noreply">>) of
        <<"noreply">> -> with_options(Script, {noreply, S});
        <<"stop">> -> {stop, reason(Script), S};
        Failure -> fail(Failure, Script)
    end.

begins(Kind, Script, #{context := Context}) ->
    oracle_stage:event(Context, Kind, #{<<"tag">> => maps:get(<<"tag">>, Script)}),
    pause(Context, Script).

pause(Context, #{<<"sleep">> := Ms}) -> timer:sleep(oracle_stage:ms(Context, Ms));
pause(_, _) -> ok.

fail(<<"crash">>, #{<<"message">> := Message}) -> erlang:error({crash, Message});
fail(<<"exit">>, Script) -> exit(reason(Script)).

reason(#{<<"reason">> := Reason}) -> oracle_rest:symbol(Reason).

with_options(#{<<"continue">> := Script}, Result) ->
    erlang:append_element(Result, {continue, Script});
with_options(#{<<"timeout">> := Ms}, Result) ->
    #{context := Context} = element(tuple_size(Result), Result),
    erlang:append_element(Result, oracle_stage:ms(Context, Ms));
with_options(_, Result) ->
    Result.

terminate(Reason, #{context := Context, last := Script}) ->
    oracle_stage:event(Context, <<"terminate">>, #{<<"reason">> => oracle_rest:reason(Reason)}),
    pause(Context, Script),
    case maps:get(<<"then">>, Script, <<"ok">>) of
        <<"ok">> -> ok;
        Failure -> fail(Failure, Script)
    end.
