// SPDX-License-Identifier: Apache-2.0
// Tests of the commands for looking at a running program.
//
// Goal    Each command prints the endpoint's answer, as text and as JSON, and ends with the right status.
// Method  An endpoint without a runtime answers; the tests compare the whole output.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "commands/command.hpp"
#include "console/console_commands.hpp"
#include "coppice/inspect_client.hpp"
#include "support/fake_endpoint.hpp"
#include "support/program_files.hpp"

namespace coppice::test {
namespace {

using nlohmann::json;

class console_command_test : public ::testing::Test {
  protected:
    struct outcome {
        int status;
        std::string out;
        std::string err;
    };
    static outcome run(const std::vector<std::string>& arguments) {
        std::ostringstream out;
        std::ostringstream err;
        const int status = cli::run_command(arguments, out, err);
        return {status, out.str(), err.str()};
    }
    outcome say(const std::string& line) { return run({"console", "chat", "-c", line}); }
    /// The last request except hello.
    std::string asked(const std::string& line) {
        say(line);
        return chat_.asked().back();
    }
    void answer(const std::string& method, const std::string& result) {
        chat_.answer_with(method, [result](const json&) { return json::parse(result); });
    }

    scratch_folder home_;
    set_variable runtime_{"XDG_RUNTIME_DIR", home_.path()};
    fake_endpoint chat_{inspect::socket_folder() + "/chat.sock"};
};

TEST_F(console_command_test, draws_the_tree) {
    EXPECT_EQ(say("tree").out,
              "chat <0.1.1> one_for_one\n"
              "├─ logger <0.2.1>\n"
              "├─ rooms <0.4.1> dynamic\n"
              "│  └─ room \"room:garden\" <0.9.1>\n"
              "└─ listener <0.6.1>\n");
}

TEST_F(console_command_test, shows_a_killed_child_with_its_new_pid_and_the_budget_left) {
    const outcome seen = run({"console", "-c", "whereis room:garden", "-c", "exit room:garden kill",
                              "-c", "whereis room:garden", "-c", "tree"});
    EXPECT_EQ(seen.status, 0) << seen.err;
    EXPECT_EQ(seen.out,
              "<0.9.1>\n"
              "true\n"
              "<0.9.2>\n"
              "chat <0.1.1> one_for_one\n"
              "├─ logger <0.2.1>\n"
              "├─ rooms <0.4.1> dynamic, 1 of 3 restarts in 5 s\n"
              "│  └─ room \"room:garden\" <0.9.2>, 1 restart, last exit killed\n"
              "└─ listener <0.6.1>\n");
}

TEST_F(console_command_test, shows_the_number_of_omitted_children) {
    answer("tree", R"({"roots":[{"id":"top","pid":"<0.1.1>","kind":"supervisor","status":"running",
        "strategy":"dynamic","children_count":3,"children":[{"id":"a","pid":null,
        "status":"restarting","queue":2,"busy":true,"stuck":true}]}]})");
    EXPECT_EQ(say("tree").out,
              "top <0.1.1> dynamic\n"
              "├─ a restarting, 2 waiting, busy, stuck\n"
              "└─ … 2 more\n");
}

TEST_F(console_command_test, lists_processes_in_columns) {
    EXPECT_EQ(say("processes").out,
              "pid      name         initial call        queue  reductions   memory        age\n"
              "<0.1.1>  chat         supervisor              0         100  4.0 KiB  1 min 1 s\n"
              "<0.2.1>  logger       chat::logger            2         102  4.0 KiB  1 min 1 s\n"
              "<0.4.1>               dynamic_supervisor      0         100  4.0 KiB  1 min 1 s\n"
              "<0.6.1>               chat::listener          0         100  4.0 KiB  1 min 1 s\n"
              "<0.9.1>  room:garden  chat::room              7         107  4.0 KiB  1 min 1 s\n");
    EXPECT_EQ(asked("processes queue room"),
              R"(processes {"descending":true,"filter":"room","sort":"queue"})");
    EXPECT_EQ(asked("processes name"), R"(processes {"descending":false,"sort":"name"})");
}

TEST_F(console_command_test, translates_commands_into_protocol_requests) {
    struct row {
        const char* line;
        const char* request;
    };
    for (const row& each : {
             row{"info room", R"(info {"who":"room"})"},
             row{"info 0.12.1", R"(info {"who":"<0.12.1>"})"},
             row{"exit room crash", R"(exit {"reason":"crash","who":"room"})"},
             row{"explain room", R"(explain {"who":"room"})"},
             row{"explain room normal", R"(explain {"reason":"normal","who":"room"})"},
             row{"which_children rooms", R"(which_children {"who":"rooms"})"},
             row{"count_children rooms", R"(count_children {"who":"rooms"})"},
             row{"start_child rooms", R"(start_child {"arguments":[],"who":"rooms"})"},
             row{"start_child rooms a 'b c'",
                 R"(start_child {"arguments":["a","b c"],"who":"rooms"})"},
             row{"terminate_child rooms 0.9.1",
                 R"(terminate_child {"id":"<0.9.1>","who":"rooms"})"},
             row{"restart_child chat logger", R"(restart_child {"id":"logger","who":"chat"})"},
             row{"delete_child chat logger", R"(delete_child {"id":"logger","who":"chat"})"},
             row{"state room", R"(state {"who":"room"})"},
             row{"messages room", R"(messages {"who":"room"})"},
             row{"call room get",
                 R"(call {"fields":[],"message":"get","timeout":5000,"who":"room"})"},
             row{"cast room add 10", R"(cast {"fields":["10"],"message":"add","who":"room"})"},
             row{"send room tick", R"(send {"fields":[],"message":"tick","who":"room"})"},
             row{"suspend room", R"(suspend {"who":"room"})"},
             row{"resume room", R"(resume {"who":"room"})"},
             row{"report_level debug", R"(report_level {"level":"debug"})"},
             row{"events 7", R"(events {"limit":1000,"since":7})"},
             row{"timers", R"(timers {})"},
             row{"stuck", R"(stuck {})"},
             row{"stop", R"(stop {})"},
         }) {
        EXPECT_EQ(asked(each.line), each.request) << each.line;
    }
}

TEST_F(console_command_test, prints_answers_in_human_readable_form) {
    struct row {
        const char* line;
        const char* method;
        const char* result;
        const char* text;
    };
    for (
        const row& each : {
            row{"call c get", "call", R"({"reply":"10"})", "10\n"},
            row{"cast c increment 10", "cast", R"({"done":true})", "ok\n"},
            row{"state c", "state", R"({"state":"counter{10}"})", "counter{10}\n"},
            row{"whereis nobody", "whereis", R"({"pid":null})", "nil\n"},
            row{"count_children s", "count_children",
                R"({"specs":2,"active":2,"supervisors":0,"workers":2})",
                "active: 2, specs: 2, supervisors: 0, workers: 2\n"},
            row{"which_children s", "which_children",
                R"([{"id":"a","pid":"<0.2.1>","status":"running","kind":"worker","restart":"permanent"},
                     {"id":"b","pid":null,"status":"restarting","kind":"worker","restart":"transient"}])",
                "id  pid         kind    restart\n"
                "a   <0.2.1>     worker  permanent\n"
                "b   restarting  worker  transient\n"},
            row{"start_child s x", "start_child", R"({"pid":"<0.7.1>"})", "<0.7.1>\n"},
            row{"explain c", "explain", R"({"text":"if it ended\n  start c\n","steps":[]})",
                "if it ended\n  start c\n"},
            row{"messages c", "messages",
                R"([{"name":"increment","kinds":["cast"],"fields":[{"name":"by","type":"int"}]},
                     {"name":"get","kinds":["call"],"fields":[]}])",
                "message    by    fields\n"
                "increment  cast  by: int\n"
                "get        call\n"},
            row{"report_level debug", "report_level", R"({"was":"notice"})",
                "the level was notice\n"},
            row{"stuck", "stuck", "[]", "no process is stuck\n"},
            row{"timers", "timers",
                R"({"total":1,"items":[{"id":"#1","due":1500,"to":"<0.2.1>","kind":"send"}]})",
                "id  due in  kind  to\n#1     1 s  send  <0.2.1>\n"},
            row{"registered", "registered", "[]", "no name is registered\n"},
            row{"events", "events", R"({"next":0,"lost":0,"items":[]})", "nothing has happened\n"},
        }) {
        answer(each.method, each.result);
        EXPECT_EQ(say(each.line).out, each.text) << each.line;
        EXPECT_EQ(run({"console", "--json", "-c", each.line}).out,
                  json::parse(each.result).dump() + "\n");
    }
}

TEST_F(console_command_test, prints_all_known_facts_of_a_process) {
    answer("info", R"({"pid":"<0.9.1>","name":"room:garden","initial_call":"chat::room",
        "kind":"worker","status":"waiting","queue":2,"reductions":7,"memory":2048,"age":500,
        "links":["<0.4.1>"],"monitors":[],"monitored_by":["<0.8.1>","<0.7.1>"],"trap_exit":false,
        "priority":"normal","parent":"<0.4.1>","ancestors":["<0.4.1>","chat"],
        "handling":{"message":"chat::say","for":12},"mailbox":[{"type":"chat::say","count":2}],
        "state":"room{\"garden\"}","suspended":true,"last_exit":null})");
    EXPECT_EQ(say("info room:garden").out,
              "pid           <0.9.1>\n"
              "name          room:garden\n"
              "initial call  chat::room\n"
              "kind          worker\n"
              "status        waiting\n"
              "suspended     yes\n"
              "priority      normal\n"
              "age           500 ms\n"
              "queue         2\n"
              "mailbox       chat::say ×2\n"
              "handling      chat::say for 12 ms\n"
              "reductions    7\n"
              "memory        2.0 KiB\n"
              "parent        <0.4.1>\n"
              "ancestors     <0.4.1> chat\n"
              "links         <0.4.1>\n"
              "monitored by  <0.8.1> <0.7.1>\n"
              "state         room{\"garden\"}\n");
}

TEST_F(console_command_test, prints_nothing_that_a_terminal_would_obey) {
    answer("call", R"({"reply":"a\u001b[2Jb\nc"})");
    EXPECT_EQ(say("call c get").out, "a\\x1b[2Jb\\nc\n");
    answer("explain", R"({"text":"\u001b]0;x\u0007\nnext"})");
    EXPECT_EQ(say("explain c").out, "\\x1b]0;x\\x07\nnext\n");
}

TEST_F(console_command_test, survives_answers_of_any_shape) {
    for (const std::string& name : cli::command_names()) {
        const cli::console_command& command = *cli::find_command(name);
        for (const char* shape : {"null", "7", "\"x\"", "[]", "[1,[2]]", "{}", R"({"roots":7})",
                                  R"({"items":[3,{}],"roots":[{"children":[[],null]}]})"}) {
            if (command.print != nullptr) {
                EXPECT_FALSE(command.print(json::parse(shape), true).empty() && name == "tree")
                    << name << shape;
            }
        }
    }
}

TEST_F(console_command_test, exits_with_a_status_for_each_kind_of_error) {
    EXPECT_EQ(say("tree").status, 0);
    const outcome refused = say("exit nobody kill");
    EXPECT_EQ(refused.status, 1);
    EXPECT_EQ(refused.err, "error: noproc: there is no process nobody\n");
    EXPECT_EQ(say("exit room:garden").err, "error: REASON is missing; usage: exit WHO REASON\n");
    EXPECT_EQ(say("exit room:garden").status, 2);
    EXPECT_EQ(say("tree a b").err, "error: b is one word too many; usage: tree [WHO]\n");
    EXPECT_EQ(say("say \"hi").status, 2);
    EXPECT_EQ(run({"console", "shop", "-c", "tree"}).status, 3);
    EXPECT_EQ(
        run({"console", "shop", "-c", "tree"}).err,
        "coppice: no program named shop can be reached: running are chat; is its endpoint on? "
        "(--inspect)\n");
    EXPECT_EQ(run({"console", "-c"}).status, 2);
    EXPECT_EQ(run({"console", "--loud"}).status, 2);
    EXPECT_EQ(say("quit").status, 0);
}

TEST_F(console_command_test, proposes_the_nearest_command_and_word) {
    EXPECT_EQ(say("tre").err,
              "error: there is no command tre; did you mean tree? (help lists them all)\n");
    EXPECT_EQ(say("frobnicate").err,
              "error: there is no command frobnicate (help lists them all)\n");
    EXPECT_EQ(say("processes queu").err,
              "error: queu is none of queue, reductions, memory, age, name, pid; did you mean "
              "queue?; usage: processes [ORDER] [TEXT]\n");
    EXPECT_EQ(say("events x").err, "error: SINCE is a number, and not x; usage: events [SINCE]\n");
    EXPECT_EQ(say("reports loud").err,
              "error: loud is neither on, off nor a level; usage: reports on|off|LEVEL\n");
    EXPECT_EQ(say("trace room for ever").err,
              "error: after WHO, only `for SECONDS` is allowed, 1 to 86400; usage: trace WHO [for "
              "SECONDS]\n");
}

TEST_F(console_command_test, stops_at_the_first_command_that_fails) {
    const outcome seen =
        run({"console", "-c", "whereis room:garden", "-c", "tre", "-c", "exit room:garden kill"});
    EXPECT_EQ(seen.out, "<0.9.1>\n");
    EXPECT_EQ(seen.status, 2);
    EXPECT_EQ(chat_.asked().back(), R"(whereis {"name":"room:garden"})");
}

TEST_F(console_command_test, takes_the_only_program_without_a_name_and_lists_several) {
    EXPECT_EQ(run({"console", "-c", "whereis room:garden"}).out, "<0.9.1>\n");
    const fake_endpoint shop{inspect::socket_folder() + "/shop.sock", "shop"};
    const outcome seen = run({"console", "-c", "tree"});
    EXPECT_EQ(seen.status, 3);
    EXPECT_EQ(seen.err, "coppice: several programs can be reached; give one NAME: chat, shop\n");
}

TEST_F(console_command_test, prints_reports_that_come_between_commands) {
    chat_.answer_with("cast", [this](const json&) {
        chat_.notify("reports", {{"time", -1},
                                 {"level", "error"},
                                 {"text", "room:garden crashed\x1b: boom"},
                                 {"stack", {"say at room.cpp:7"}}});
        return json{{"done", true}};
    });
    const outcome seen = run({"console", "-c", "reports on", "-c", "cast room:garden say"});
    EXPECT_EQ(seen.out, "ok\nok\n? error room:garden crashed\\x1b: boom\n    say at room.cpp:7\n");
}

TEST_F(console_command_test, asks_for_events_until_there_are_no_more) {
    chat_.answer_with("events", [](const json& parameters) {
        const int since = parameters.value("since", 1);
        json items = json::array();
        for (int i = since; i < std::min(since + 1000, 2500); ++i) {
            items.push_back({{"seq", i}, {"time", -1}, {"kind", "start"}, {"pid", "<0.2.1>"}});
        }
        return json{
            {"next", since + static_cast<int>(items.size())}, {"lost", 0}, {"items", items}};
    });
    const json all = json::parse(run({"console", "--json", "-c", "events"}).out);
    EXPECT_EQ(all.at("items").size(), 2499U);
    EXPECT_EQ(all.at("next"), 2500);
    const std::string text = say("events").out;
    EXPECT_EQ(text.substr(0, text.find("<0.2.1>")), "… 2399 earlier events\n? start ");
}

TEST_F(console_command_test, succeeds_when_the_program_hangs_up_during_a_stop) {
    chat_.answer_with("stop", [this](const json&) -> json {
        chat_.hang_up();
        return {{"done", true}};
    });
    const outcome seen = say("stop");
    EXPECT_EQ(seen.out, "ok\n");
    EXPECT_EQ(seen.status, 0);
}

TEST_F(console_command_test, traces_until_trace_off) {
    chat_.answer_with("cast", [this](const json&) {
        chat_.notify("trace", {{"text", "room:garden got say"}});
        return json{{"done", true}};
    });
    const outcome seen = run({"console", "-c", "trace room:garden", "-c", "cast room:garden say",
                              "-c", "trace off", "-c", "cast room:garden say"});
    EXPECT_EQ(seen.out, "ok\nok\ntrace room:garden got say\nok\nok\n");
    EXPECT_EQ(chat_.subscribers("trace"), 0U);
}

TEST_F(console_command_test, knows_help_for_all_commands) {
    const outcome all = say("help");
    for (const std::string& name : cli::command_names()) {
        EXPECT_NE(("\n" + all.out).find("\n" + name), std::string::npos) << name;
    }
    EXPECT_EQ(say("help exit").out,
              "exit WHO REASON  sends an exit signal: normal, shutdown, kill or any word\n");
    EXPECT_EQ(say("help exi").err,
              "error: there is no command exi; did you mean exit?; usage: help [COMMAND]\n");
}

TEST_F(console_command_test, lists_programs) {
    EXPECT_EQ(run({"ps"}).out,
              "name   pid  version  applications  processes   uptime\n"
              "chat  4711  1.2.3    chat                  5  1 d 1 h\n");
    const json all = json::parse(run({"ps", "--json"}).out);
    EXPECT_EQ(all.at(0).at("hello").at("os_pid"), 4711);
    EXPECT_EQ(all.at(0).at("statistics").at("processes"), 5);
}

TEST_F(console_command_test, lists_a_program_that_hangs_too) {
    chat_.answer_with("statistics", [](const json&) -> json {
        throw fake_endpoint::refusal{5, "busy: too many requests wait"};
    });
    EXPECT_EQ(run({"ps"}).out,
              "name   pid  version  applications  processes  uptime\n"
              "chat  4711  1.2.3    chat                  ?       ?\n");
}

TEST_F(console_command_test, says_that_no_program_can_be_reached) {
    const set_variable elsewhere{"XDG_RUNTIME_DIR", home_.path() + "/empty"};
    EXPECT_EQ(run({"ps"}).out, "no program can be reached; start a program with --inspect\n");
    EXPECT_EQ(run({"tree"}).err,
              "coppice: no program can be reached; start a program with --inspect\n");
}

TEST_F(console_command_test, prints_a_table_of_the_busiest_once) {
    const outcome seen = run({"top", "--once"});
    EXPECT_EQ(seen.status, 0);
    EXPECT_EQ(seen.out.substr(0, seen.out.find('\n')),
              "chat  up 1 d 1 h  5 processes  1 restart  0 stuck  25 % busy  64.0 KiB");
    EXPECT_NE(seen.out.find("<0.9.1>  room:garden      7"), std::string::npos) << seen.out;
}

TEST_F(console_command_test, shows_no_screen_without_a_terminal) {
    const outcome seen = run({"top"});
    EXPECT_EQ(seen.status, 2);
    EXPECT_EQ(seen.err,
              "coppice: top needs a terminal; --once prints a table\n"
              "usage: coppice top [--once] [NAME|SOCKET]\n");
}

TEST_F(console_command_test, draws_the_tree_in_each_format) {
    EXPECT_EQ(run({"tree"}).out, say("tree").out);
    EXPECT_EQ(run({"tree", "--mermaid"}).out.substr(0, 13), "flowchart TD\n");
    EXPECT_EQ(run({"tree", "--dot", "chat"}).out.substr(0, 14), "digraph tree {");
    EXPECT_EQ(run({"tree", "--svg"}).out.substr(0, 5), "<svg ");
    EXPECT_EQ(json::parse(run({"tree", "--json"}).out).at("roots").at(0).at("id"), "chat");
    EXPECT_EQ(run({"tree", "--svg", "--dot"}).status, 2);
    EXPECT_EQ(run({"tree", "shop"}).status, 3);
    chat_.answer_with("tree", [](const json&) -> json {
        throw fake_endpoint::refusal{2, "timeout: the tree did not answer"};
    });
    EXPECT_EQ(run({"tree"}).status, 1);
}

TEST_F(console_command_test, draws_several_trees_below_the_name_of_the_program) {
    answer("tree", R"({"roots":[{"id":"a","pid":"<0.1.1>","kind":"worker","status":"running"},
                                {"id":"b","pid":"<0.2.1>","kind":"worker","status":"running"}]})");
    EXPECT_EQ(run({"tree", "--mermaid"}).out,
              "flowchart TD\n"
              "    n0[\"chat\"]\n"
              "    n1([\"a '0.1.1'\"])\n"
              "    n0 --> n1\n"
              "    n2([\"b '0.2.1'\"])\n"
              "    n0 --> n2\n");
}

class console_completion : public console_command_test {
  protected:
    std::vector<std::string> complete(const std::string& line) {
        cli::session with{inspect::client::connect("chat", "test"), {}, unused_, unused_};
        return with.complete(line);
    }
    std::ostringstream unused_;
};

using texts = std::vector<std::string>;

TEST_F(console_completion, completes_commands_and_their_arguments) {
    EXPECT_EQ(complete("tr"), (texts{"trace", "tree"}));
    EXPECT_EQ(complete("help co"), (texts{"count_children"}));
    EXPECT_EQ(complete("info "), (texts{"chat", "logger", "room:garden"}));
    EXPECT_EQ(complete("info ro"), (texts{"room:garden"}));
    EXPECT_EQ(complete("info \"ro"), (texts{"room:garden"}));
    EXPECT_EQ(complete("processes re"), (texts{"reductions"}));
    EXPECT_EQ(complete("reports o"), (texts{"off", "on"}));
    EXPECT_EQ(complete("tree a b c d "), texts{});
    EXPECT_EQ(complete("frobnicate "), texts{});
}

TEST_F(console_completion, asks_a_server_for_its_messages_and_a_supervisor_for_its_children) {
    answer("messages", R"([{"name":"say"},{"name":"join"},{"name":"join"}])");
    EXPECT_EQ(complete("call room:garden "), (texts{"join", "say"}));
    EXPECT_EQ(chat_.asked().back(), R"(messages {"who":"room:garden"})");
    answer("which_children", R"([{"id":"logger"},{"id":"rooms"}])");
    EXPECT_EQ(complete("terminate_child chat l"), (texts{"logger"}));
}

TEST_F(console_completion, proposes_nothing_where_the_endpoint_refuses) {
    EXPECT_EQ(complete("call nobody "), texts{});
}

}  // namespace
}  // namespace coppice::test
