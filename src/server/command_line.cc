#include "server/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "config/resolve.h"
#include "server/backup_data.h"
#include "server/check_folder.h"
#include "server/dtl_doc.h"
#include "server/dtl_eval.h"
#include "server/dtl_explain.h"
#include "server/merge_explain.h"
#include "server/run_folder.h"
#include "server/serve.h"
#include "server/signals.h"
#include "server/terminal.h"
#include "server/test_folder.h"
#include "server/transfer.h"
#include "server/verify_data.h"
#include "server/version.h"

namespace sluice::server {
namespace {

// What a command's callback leaves for main: parsing comes first, work afterwards.
using Work = std::function<int(const Stop&, Terminal&)>;

void AddFolderOptions(CLI::App& command, FolderOptions& options) {
  command.add_option("DIR", options.folder, "The configuration folder")
      ->required()
      ->check(CLI::ExistingDirectory);
  command
      .add_option("--profile", options.profile,
                  "Environment variables from NAME-env.json in the folder")
      ->type_name("NAME");
  command
      .add_option("--env", options.env_file,
                  "Environment variables from this JSON file; wins over --profile")
      ->type_name("FILE");
}

void AddServe(CLI::App& app, ServeOptions& options, Work& work) {
  auto* command = app.add_subcommand("serve", "Run the hub and its Service API");
  command->add_option("--data", options.data, "The folder that holds everything the hub keeps")
      ->required();
  command->add_option("--config", options.config, "A configuration folder to load at start")
      ->check(CLI::ExistingDirectory);
  command->add_option("--profile", options.profile,
                      "Environment variables from NAME-env.json in that folder");
  command->add_option("--env", options.env_file, "Environment variables from this JSON file");
  command->add_option("--listen", options.listen, "Where to listen; port 0 takes a free one")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  command->add_option("--backup", options.backup, "Make backups in this folder")->type_name("DIR");
  command
      ->add_option("--backup-every", options.backup_every_hours,
                   "Hours between backups; without it they are made when asked for")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--backup-keep", options.backup_keep, "How many backups are kept; 0: all")
      ->capture_default_str();
  command
      ->add_option("--min-free", options.min_free_percent,
                   "Refuse entities while less of the disk is free, in per cent; 0: never")
      ->check(CLI::Range(0.0, 90.0))
      ->capture_default_str();
  command->callback([&] {
    work = [&](const Stop& stop, Terminal& terminal) { return Serve(options, stop, terminal); };
  });
}

void AddFolderCommands(CLI::App& app, FolderOptions& run, FolderOptions& check, TestOptions& test,
                       Work& work) {
  auto* command =
      app.add_subcommand("run", "Run every pipe of a configuration folder to completion");
  AddFolderOptions(*command, run);
  command->add_option("--data", run.data,
                      "Keep datasets and offsets in this folder; else they are in memory");
  command->callback([&] {
    work = [&](const Stop& stop, Terminal& terminal) { return RunFolder(run, stop, terminal); };
  });

  command = app.add_subcommand(
      "test", "Run a configuration folder offline and compare with its expected/ folder");
  test.folder.profile = "test";
  AddFolderOptions(*command, test.folder);
  command->add_option("--junit", test.junit, "Write a JUnit report")->type_name("FILE");
  command->callback([&] {
    work = [&](const Stop& stop, Terminal& terminal) { return TestFolder(test, stop, terminal); };
  });

  command = app.add_subcommand("check", "Validate a configuration folder, DTL included");
  AddFolderOptions(*command, check);
  command->callback([&] {
    work = [&](const Stop&, Terminal& terminal) { return CheckFolder(check, terminal); };
  });
}

void AddTransfer(CLI::App& app, ExportOptions& to, ImportOptions& from, Work& work) {
  auto* command = app.add_subcommand("export", "Write a dataset as NDJSON to standard output");
  command->add_option("DATASET", to.dataset)->required();
  command->add_option("--data", to.data, "The hub's data folder")
      ->required()
      ->check(CLI::ExistingDirectory);
  command->add_flag("--history", to.history, "Superseded versions too");
  command->add_flag("--deleted", to.deleted, "Deleted entities too");
  command->add_flag("--metadata", to.metadata, "With _updated, _ts, _hash and _previous");
  command->callback([&] {
    work = [&](const Stop& stop, Terminal& terminal) { return ExportDataset(to, stop, terminal); };
  });

  command = app.add_subcommand("import", "Read entities (NDJSON or a JSON array) into a dataset");
  command->add_option("DATASET", from.dataset)->required();
  command->add_option("FILE", from.input, "Standard input if it is left out")
      ->check(CLI::ExistingFile);
  command->add_option("--data", from.data, "The hub's data folder")->required();
  command->add_flag("--full", from.full, "Delete what the input does not hold");
  command->callback([&] {
    work = [&](const Stop& stop, Terminal& terminal) {
      return ImportDataset(from, stop, terminal);
    };
  });
}

struct StoreCommandOptions {
  VerifyDataOptions verify;
  BackupDataOptions backup;
  RestoreDataOptions restore;
};

void AddVerify(CLI::App& app, VerifyDataOptions& options, Work& work) {
  auto* command = app.add_subcommand(
      "verify",
      "Hold what a data folder derives (latest views, indexes, bitmaps, hashes, histories, "
      "counters) against its logs. Status 0: nothing differs; 1: something does; 2: it "
      "could not begin. The hub must not run; a backup can be verified beside it");
  command->add_option("DATA", options.data, "The hub's data folder")->required();
  command->add_option("--print-max", options.differences_max, "How many differences are printed")
      ->capture_default_str();
  command->callback([&] {
    work = [&](const Stop& stop, Terminal& terminal) {
      return VerifyData(options, stop, terminal);
    };
  });
  command = app.add_subcommand("rebuild",
                               "Make anew what a data folder derives from its logs, and verify it");
  command->add_option("DATA", options.data, "The hub's data folder")->required();
  command->callback([&] {
    work = [&](const Stop& stop, Terminal& terminal) {
      return RebuildData(options, stop, terminal);
    };
  });
}

void AddBackup(CLI::App& app, StoreCommandOptions& options, Work& work) {
  auto* command =
      app.add_subcommand("backup", "Make a backup of a data folder or of a running hub");
  command
      ->add_option("FROM", options.backup.from,
                   "A data folder that no hub uses, or a hub's URL: it makes the backup where it "
                   "was told to (serve --backup)")
      ->required();
  command->add_option("DIR", options.backup.folder,
                      "The folder for backups; each shares unchanged files with the one before");
  command->add_option("--keep", options.backup.keep, "Remove the oldest over so many; 0: none")
      ->capture_default_str();
  command->add_option("--token", options.backup.token, "A file with the hub's token")
      ->type_name("FILE");
  command->callback([&] {
    work = [&](const Stop& stop, Terminal& terminal) {
      return BackupData(options.backup, stop, terminal);
    };
  });
  command = app.add_subcommand("restore",
                               "Make a data folder from a backup; every file is checked, and what "
                               "it holds is verified");
  command->add_option("FROM", options.restore.from, "A backup, or a folder of them: the newest")
      ->required();
  command->add_option("DATA", options.restore.data, "A folder that is not there, or empty")
      ->required();
  command->callback([&] {
    work = [&](const Stop& stop, Terminal& terminal) {
      return RestoreData(options.restore, stop, terminal);
    };
  });
}

void AddMerge(CLI::App& app, MergeExplainOptions& options, Work& work) {
  auto* merge = app.add_subcommand("merge", "Look into merge sources");
  merge->require_subcommand(1);
  auto* command = merge->add_subcommand(
      "explain", "Tell which rules and values made entities one; without an ID, about all groups");
  AddFolderOptions(*command, options.folder);
  command->get_option("DIR")->description(
      "A hub's data folder, or a configuration folder, whose pipes are run first");
  command->add_option("PIPE", options.pipe, "The pipe with the merge source")->required();
  command->add_option("ID", options.id, "The _id of a merged entity, or of one of its members");
  command->add_option("--data", options.folder.data,
                      "With a configuration folder: where its data is kept");
  command->add_flag("--json", options.json, "As the Service API gives it");
  command->callback([&] {
    work = [&](const Stop& stop, Terminal& terminal) {
      return ExplainMerge(options, stop, terminal);
    };
  });
}

struct DtlOptions {
  DtlRunOptions run;
  std::string name;
  std::string file;
  bool in_place = false;
  bool jsonl = false;
  DtlExplainOptions explain;
};

void AddDtl(CLI::App& app, DtlOptions& options, Work& work) {
  auto* dtl = app.add_subcommand("dtl", "Run, explain and format the language without a hub");
  dtl->require_subcommand(1);
  auto* command = dtl->add_subcommand("run", "Map entities with rules");
  command
      ->add_option("RULES", options.run.rules,
                   "A transform, its rules, one rule, or a list of transforms")
      ->required();
  command->add_option("FILE", options.run.input,
                      "NDJSON or a JSON array; standard input if it is left out");
  command->add_flag("--array", options.run.array, "Write one JSON array");
  command->add_flag("--pretty", options.run.pretty, "Indent");
  command->add_flag("--namespaced-identifiers", options.run.namespaced_identifiers);
  command->add_option("--pipe", options.run.pipe_id, "The pipe's id, for namespaces")
      ->capture_default_str();
  command->callback([&] {
    work = [&](const Stop&, Terminal& terminal) {
      return RunRules(options.run, *MakeCatalogue(), terminal);
    };
  });

  command = dtl->add_subcommand("eval", "Evaluate one program a line from standard input");
  command->add_flag("--jsonl", options.jsonl, "Lines of {\"rules\", \"source\", …}")->required();
  command->callback([&] {
    work = [](const Stop&, Terminal& terminal) {
      return EvaluateLines(stdin, *MakeCatalogue(), terminal);
    };
  });

  command = dtl->add_subcommand("doc", "Explain a function, or list them all");
  command->add_option("NAME", options.name);
  command->callback([&] {
    work = [&](const Stop&, Terminal& terminal) {
      return ExplainFunction(options.name, *MakeCatalogue(), terminal);
    };
  });

  command = dtl->add_subcommand("explain", "Explain how a pipe joins and what it follows");
  AddFolderOptions(*command, options.explain.folder);
  command->get_option("DIR")->description(
      "A hub's data folder, with what is in its indexes, or a configuration folder");
  command->add_option("PIPE", options.explain.pipe, "The pipe")->required();
  command->add_flag("--json", options.explain.json, "As the Service API gives it");
  command->callback([&] {
    work = [&](const Stop&, Terminal& terminal) { return ExplainPipe(options.explain, terminal); };
  });

  command = dtl->add_subcommand("fmt", "Format rules in the reference's style");
  command->add_option("FILE", options.file, "Standard input if it is left out");
  command->add_flag("-i,--in-place", options.in_place, "Write the file back");
  command->callback([&] {
    work = [&](const Stop&, Terminal& terminal) {
      return FormatFile(options.file, options.in_place, terminal);
    };
  });
}

// What is said of a first argument that is no command; nothing if it is one, or an option.
std::string UnknownCommand(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return {};
  std::deque<std::string> owned;
  std::vector<std::string_view> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(owned.emplace_back(command->get_name()));
  }
  if (std::ranges::find(names, std::string_view(argv[1])) != names.end()) return {};
  const std::string suggestion = config::Suggestion(argv[1], names);
  return fmt::format("there is no command \"{}\"{}{}; `sluice --help` lists them", argv[1],
                     suggestion.empty() ? "" : ". ", suggestion);
}

}  // namespace

int RunCommandLine(int argc, char** argv) {
  CLI::App app("Sluice: an open-source data hub", "sluice");
  app.set_version_flag("--version", std::string("sluice ") + kVersion);
  app.require_subcommand(1);
  Work work;
  ServeOptions serve;
  FolderOptions run, check;
  TestOptions test;
  ExportOptions to;
  ImportOptions from;
  StoreCommandOptions store;
  DtlOptions dtl;
  MergeExplainOptions merge;
  std::string docs = "docs/reference";
  AddServe(app, serve, work);
  AddFolderCommands(app, run, check, test, work);
  AddTransfer(app, to, from, work);
  AddVerify(app, store.verify, work);
  AddBackup(app, store, work);
  AddDtl(app, dtl, work);
  AddMerge(app, merge, work);
  auto* command = app.add_subcommand("docs", "Write the reference pages from the code");
  command->add_option("DIR", docs)->capture_default_str();
  command->callback([&] {
    work = [&](const Stop&, Terminal& terminal) {
      return WriteReference(docs, *MakeCatalogue(), terminal);
    };
  });
  if (argc < 2) {
    Terminal::Standard().Complain("{}", app.help());
    return 2;
  }
  if (const std::string unknown = UnknownCommand(app, argc, argv); !unknown.empty()) {
    Terminal::Standard().Complain("{}\n", unknown);
    return 2;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int status = app.exit(error);
    return status == 0 ? 0 : 2;
  }
  const Signals signals;
  Terminal terminal = Terminal::Standard();
  return work(signals.stop(), terminal);
}

}  // namespace sluice::server
