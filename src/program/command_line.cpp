// SPDX-License-Identifier: Apache-2.0

#include "program/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <deque>
#include <iostream>
#include <string>
#include <utility>

#include "program/endpoint_child.hpp"

namespace coppice::application::program {
namespace {

constexpr int refused = 2;

/// --max-lines for max_lines.
std::string option_of(const setting& declared) {
    std::string out = "--" + declared.key();
    std::ranges::replace(out, '_', '-');
    return out;
}

bool is_taken(const std::string& option) {
    constexpr std::array<std::string_view, 6> own{"--help", "--version", "--config",
                                                  "--set",  "--inspect", "--no-inspect"};
    return std::ranges::find(own, option) != own.end();
}

std::string kind_of(const setting& declared) {
    switch (declared.type()) {
        case value_type::boolean:
            return "true|false";
        case value_type::integer:
        case value_type::real:
            return "NUMBER";
        case value_type::text:
            return "TEXT";
        case value_type::list:
            return "[ITEMS]";
        case value_type::table:
            return "{KEY=VALUE}";
    }
    return "VALUE";
}

std::string help_of(const std::string& app, const setting& declared) {
    std::string out = declared.help() + " (" + variable_of(app, declared.key());
    if (declared.is_required()) {
        out += "; has to be set";
    } else if (declared.otherwise()) {
        out += "; " + to_string(*declared.otherwise()) + " unless set";
    }
    return out + ")";
}

std::string footer_of(const applications& all) {
    std::string out;
    for (const configured& app : all) {
        if (&app == &all.back() || app.declared.empty()) {
            continue;
        }
        out += (out.empty() ? "" : "\n");
        out += "Settings of " + app.name + ", by --set " + app.name + ".KEY=VALUE:\n";
        for (const setting& each : app.declared) {
            out += "  " + each.key() + "  " + help_of(app.name, each) + "\n";
        }
    }
    return out;
}

/// An option for a setting of the program's own application, with the given text.
struct own_option {
    const setting* declared;
    std::string text;
    CLI::Option* option;
};

/// Converts CLI11's text for --inspect to a mode.
std::optional<inspect_mode> inspect_of(const std::string& said) {
    if (said.empty()) {
        return {};
    }
    if (said == "false") {
        return inspect_mode::off;
    }
    return said == "read-only" ? inspect_mode::read_only : inspect_mode::on;
}

void add_inspect(CLI::App& parser, std::string& said) {
    if (has_inspect) {
        parser
            .add_flag("--inspect,!--no-inspect", said,
                      "Let `coppice console` inspect and control this program; with =read-only, "
                      "inspect only")
            ->check(CLI::IsMember({"true", "false", "read-only"}));
    }
}

wishes gathered(const configured& own, const std::string& file,
                const std::vector<std::string>& sets, const std::deque<own_option>& options) {
    wishes out;
    out.file = file;
    for (const std::string& each : sets) {
        const auto sign = each.find('=');
        const std::string target = sign == std::string::npos ? std::string{} : each.substr(0, sign);
        out.values.push_back(
            {target, sign == std::string::npos ? each : each.substr(sign + 1), "--set " + each});
    }
    for (const own_option& each : options) {
        if (each.option->count() > 0) {
            out.values.push_back(
                {own.name + "." + each.declared->key(), each.text, option_of(*each.declared)});
        }
    }
    return out;
}

}  // namespace

understood_words understand(const applications& all, int count, char** words) {
    const configured& own = all.back();
    const std::string version = own.what->version();
    CLI::App parser{own.what->text(), own.name};
    parser.set_version_flag("--version", own.name + (version.empty() ? "" : " ") + version,
                            "Print the version");
    parser.set_help_flag("-h,--help", "Print this help");
    std::string file;
    parser.add_option("--config", file, "Read the configuration from a TOML file")
        ->type_name("FILE");
    std::vector<std::string> sets;
    parser.add_option("--set", sets, "Set a key of an application's environment")
        ->type_name("APP.KEY=VALUE")
        ->take_all()
        ->allow_extra_args(false);
    std::string inspect;
    add_inspect(parser, inspect);
    std::deque<own_option> options;
    for (const setting& each : own.declared) {
        if (!is_taken(option_of(each))) {
            own_option& added = options.emplace_back(&each, std::string{}, nullptr);
            added.option = parser.add_option(option_of(each), added.text, help_of(own.name, each));
            added.option->type_name(kind_of(each));
        }
    }
    parser.footer(footer_of(all));
    try {
        parser.parse(count, words);
    } catch (const CLI::Success& told) {  // --help, --version
        return {std::nullopt, parser.exit(told, std::cout, std::cerr)};
    } catch (const CLI::ParseError& error) {
        std::cerr << own.name << ": " << error.what() << "; --help lists the options\n";
        return {std::nullopt, refused};
    }
    wishes wanted = gathered(own, file, sets, options);
    wanted.inspect = inspect_of(inspect);
    return {std::move(wanted), 0};
}

}  // namespace coppice::application::program
