/* The table of commands: from it come the dispatch, all help, the manual pages and the completion
 * of shells. */
#include "cli/command.h"

const struct command commands[] = {
    {
        .name = "run",
        .summary = "run a model once, on files or made-up inputs",
        .usage = "MODEL [--input [NAME=]FILE]... [options]",
        .help = "Inputs that no file gives are random: numbers from [-1, 1), integers from 0 to 9, "
                "the\n"
                "same ones for the same seed. An unknown dimension is that of another input with "
                "the same\n"
                "symbol, else 1. Pictures are prepared as the model's metadata or the options say: "
                "size,\n"
                "channels, layout, (x scale - mean) / std; several pictures make a batch.\n"
                "An output that is an .npz without a name holds all outputs.\n"
                "\n"
                "  sardonyx run model.onnx\n"
                "  sardonyx run model.onnx --input image=x.npy --output y.npz --threads 4\n"
                "  sardonyx run models/digits/digits.onnx --input photo.jpg --top 3 --show\n"
                "  sardonyx run mobilenet.onnx --input cat.png --mean 0.485,0.456,0.406 \\\n"
                "      --std 0.229,0.224,0.225 --top 5 --labels names.txt\n"
                "  sardonyx run bert.onnx --set batch=1 --set sequence=128 --json\n",
        .run = command_run,
    },
    {
        .name = "info",
        .summary = "show inputs, outputs, operators, size and work of a model",
        .usage = "MODEL [options]",
        .help = "A model that this build cannot run is refused with the list of all operators that "
                "are\n"
                "missing.\n"
                "\n"
                "  sardonyx info model.onnx\n"
                "  sardonyx info model.onnx --json\n"
                "  sardonyx info --knobs\n"
                "  sardonyx info --build\n",
        .run = command_info,
    },
    {
        .name = "check",
        .summary = "run models against the outputs that they should have",
        .usage = "DIR... [options]",
        .help = "Every folder at or below DIR with a model.onnx and "
                "test_data_set_N/{input,output}_K.pb\n"
                "is a case. A floating-point output passes where max |a-b| <= T max |b| + 1e-6, T "
                "being\n"
                "1e-3 or the number in the folder's file 'tolerance'; all else must be equal, but\n"
                "integers of models with quantised operators may differ by 1. With --rtol or "
                "--atol each\n"
                "number is compared by itself: |a-b| <= atol + rtol |b|. Models with operators "
                "that this\n"
                "build does not have are skipped. Exit status 1 when a case failed.\n"
                "\n"
                "  sardonyx check models\n"
                "  sardonyx check tests/data --rtol 1e-3 --atol 1e-7 --fork --timeout 60\n"
                "  sardonyx check tests/data --filter 'test_resize_*' --verbose\n"
                "  sardonyx check tests/data --missing\n",
        .run = command_check,
    },
    {
        .name = "verify",
        .summary = "find the rewrite of a graph that changes a result",
        .usage = "MODEL|DIR... [options]",
        .help = "Runs the graph as it stands, with all rewrites and with each one left out, on the "
                "same\n"
                "inputs: those of 'sardonyx run' for a MODEL, those of test_data_set_N for every "
                "folder at\n"
                "or below DIR that has one beside its model.onnx. Floating-point outputs pass "
                "where\n"
                "max |a-b| <= T max |b| + 1e-6, T being 4 sqrt(nodes) steps of their type, or "
                "--limit; all\n"
                "else must be equal. A rule without which the result comes out right is named; "
                "where two\n"
                "are wrong, each is tried alone. Exit status 1 when a result differs.\n"
                "\n"
                "  sardonyx verify model.onnx\n"
                "  sardonyx verify bert.onnx --set batch=2 --set sequence=128 --json\n"
                "  sardonyx verify tests/data --filter 'bert*' --verbose\n",
        .run = command_verify,
    },
    {
        .name = "bench",
        .summary = "measure load time, latency and memory of a model",
        .usage = "MODEL [options]",
        .help = "Inputs as in 'sardonyx run'. Outputs are bound to buffers after the first run, so "
                "that\n"
                "a run allocates nothing.\n"
                "\n"
                "  sardonyx bench model.onnx --threads 1 --time 5\n"
                "  sardonyx bench model.onnx --set batch=8 --json\n",
        .run = command_bench,
    },
    {
        .name = "profile",
        .summary = "show where the time of a model goes",
        .usage = "MODEL [options]",
        .help =
            "Inputs as in 'sardonyx run'. Times are those of a node without the nodes of its "
            "subgraphs;\n"
            "GB/s counts inputs and outputs once a call. 'roof' is the part that a node reaches "
            "of what\n"
            "this machine gives: its arithmetic, or where that is less its memory bandwidth "
            "times\n"
            "operations a byte; both are measured first, on as many threads. More than 100% "
            "means that\n"
            "data came from caches, or integers, of which a CPU multiplies more. 'lanes' took "
            "part in\n"
            "loops of the node; 'busy' is the part of all threads' time in which they worked.\n"
            "Open a trace with chrome://tracing or Perfetto, and the page with any browser.\n"
            "\n"
            "  sardonyx profile model.onnx --html page.html\n"
            "  sardonyx profile model.onnx --threads 1\n"
            "  sardonyx profile model.onnx --runs 100 --top 0 --json\n"
            "  sardonyx profile model.onnx --runs 3 --trace trace.json\n",
        .run = command_profile,
    },
    {
        .name = "explain",
        .summary = "say what was made of a model and how each node is computed",
        .usage = "MODEL [options]",
        .help = "First what loading changed: nodes brought to today's meaning, functions put in, "
                "constants\n"
                "folded, nodes fused, equal ones merged, what nobody reads dropped; each rewrite "
                "by the "
                "name\n"
                "that --disable-rule takes. Then how nodes are computed: in each run, with the "
                "algorithm "
                "and why\n"
                "where there was a choice; once for each set of shapes; never, where only the "
                "shape gets "
                "another\n"
                "name. Shapes are those of 'sardonyx run' with the same options.\n"
                "\n"
                "  sardonyx explain model.onnx\n"
                "  sardonyx explain bert.onnx --set batch=2 --set sequence=128 --nodes\n"
                "  sardonyx explain model.onnx --json\n",
        .run = command_explain,
    },
    {
        .name = "dump",
        .summary = "write the graph of a model as text, DOT, JSON or ONNX",
        .usage = "MODEL [options]",
        .help = "Shows the graph as it runs, after all rewrites, or with --original that of the "
                "file,\n"
                "with functions inlined and operators in their newest form. Text numbers the "
                "nodes: %3\n"
                "is what node 3 makes, %3.1 its second output; constants stand where they are "
                "used. ONNX is\n"
                "written in the lowest opset that has the meaning of all nodes.\n"
                "\n"
                "  sardonyx dump model.onnx\n"
                "  sardonyx dump model.onnx --original --format dot | dot -Tsvg > model.svg\n"
                "  sardonyx dump model.onnx --format json --output model.json\n"
                "  sardonyx dump model.onnx --format onnx --output rewritten.onnx\n",
        .run = command_dump,
    },
    {
        .name = "ops",
        .summary = "list the operators of this build",
        .usage = "[OPERATOR...] [options]",
        .help = "'since' is the first opset version that has it, 'until' the last one where it has "
                "an end,\n"
                "'newest' the version that nodes of older opsets are brought to. OPERATORs, which "
                "may be\n"
                "globs, are shown with ports and attributes; types hold for all versions. Tested "
                "by:\n"
                "conformance, a case of the ONNX specification; corpus, a real model with "
                "reference\n"
                "outputs; unit, a test of its own. In the matrix of --types x is a type, a number "
                "how many\n"
                "of a kind.\n"
                "\n"
                "  sardonyx ops\n"
                "  sardonyx ops Conv 'Reduce*'\n"
                "  sardonyx ops 'com.microsoft::*' --types\n"
                "  sardonyx ops --json\n",
        .run = command_ops,
    },
    {
        .name = "convert",
        .summary = "write a model in another form and check that it gives the same",
        .usage = "MODEL OUTPUT [options]",
        .help =
            "Functions are inlined and operators brought to their newest meaning; OUTPUT has the "
            "lowest\n"
            "opset that can say it and is not below that of MODEL, or --opset. Tensors are within "
            "the\n"
            "file, or with --external from a size on in a file beside it.\n"
            "\n"
            "--weights changes how weights are held, not how nodes compute: a weight of 16 bits is "
            "widened by\n"
            "a Cast before it is used. Float32 constants of 1 KiB and more are taken; one with a "
            "number\n"
            "beyond the type stays, and is told. fp32 is the way back: a Cast that widens a weight "
            "goes.\n"
            "Constants of subgraphs stay as they are.\n"
            "\n"
            "--from and --to cut out what lies between values; inputs of the model that it needs "
            "stay\n"
            "inputs. --shape and --set fix the shapes of inputs, and so those that follow.\n"
            "\n"
            "The old model, as it stands, and the new file, optimised, are then run on the same "
            "inputs,\n"
            "those of 'sardonyx run' or of --data. Floating-point outputs pass where max |a-b| <= "
            "T max |b| + "
            "1e-6, T\n"
            "being 4 sqrt(nodes) steps of their type and, with --weights, 4 sqrt(r) unit roundoffs "
            "of\n"
            "the weights' type, r being how often nodes take converted ones; or --limit. All else "
            "must be\n"
            "equal. Exit status 1 when a result differs; the file is there then, too.\n"
            "\n"
            "  sardonyx convert model.onnx new.onnx --opset 21\n"
            "  sardonyx convert model.onnx half.onnx --weights fp16 --external 1K\n"
            "  sardonyx convert model.onnx fixed.onnx --shape image=1x3x224x224 --set "
            "sequence=128\n"
            "  sardonyx convert model.onnx part.onnx --from /layer1/out --to /layer4/out\n",
        .run = command_convert,
    },
    {
        .name = "completion",
        .summary = "print the completion of command lines for a shell",
        .usage = "bash|zsh|fish",
        .help = "An installation has it already where the shell looks for it; the examples are "
                "for one\n"
                "session.\n"
                "\n"
                "  source <(sardonyx completion bash)\n"
                "  source <(sardonyx completion zsh)\n"
                "  sardonyx completion fish | source\n",
        .run = command_completion,
    },
    {
        .name = "docs",
        .summary = "write the manual pages, or the pages of docs/",
        .usage = "--man DIR|--markdown DIR",
        .help = "All is made from the tables of the command, the operators and the environment.\n"
                "\n"
                "  sardonyx docs --man build/man\n"
                "  man -l build/man/sardonyx-run.1\n",
        .run = command_docs,
    },
};
const size_t n_commands = sizeof commands / sizeof *commands;
