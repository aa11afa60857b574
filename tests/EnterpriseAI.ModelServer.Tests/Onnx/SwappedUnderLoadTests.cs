using System.Collections.Concurrent;
using EnterpriseAI.ModelServer.OnnxRuntime;
using EnterpriseAI.ModelServer.Serving;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.ModelServer.Tests.Onnx;

/// <summary>
/// Somebody swaps, cuts, links and takes away the files of a model while several loads of it go on and loaded models answer:
/// every answer comes from the bytes with the right digest, and every refusal says why.
/// </summary>
public class SwappedUnderLoadTests
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(4);
    private static readonly string[] Reasons = ["DigestMismatch", "ArtifactInvalid", "ArtifactNotFound", "ArtifactUnreadable"];
    private static readonly float[] Right = [32, 48];

    [Test, CancelAfter(60_000)]
    public async Task Nothing_but_the_verified_bytes_is_ever_run(CancellationToken cancellationToken)
    {
        using var folder = new TemporaryFolder();
        using var prey = new Prey(folder);
        var options = new ModelOptions { Model = prey.Folder, ExpectedDigest = (await ArtifactReader.HashAsync(prey.Folder, cancellationToken: cancellationToken)).Digest, Session = new SessionSettings { IntraOpThreads = 1 } };
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var attacks = 0;
        var attacker = Task.Factory.StartNew(() =>
        {
            var random = new Random(1);
            while (!stop.IsCancellationRequested)
            {
                prey.Attack(random.Next(Prey.Attacks), random.Next(2) == 0);
                attacks++;
                prey.Restore();
            }
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var served = 0;
        var refused = new ConcurrentDictionary<string, int>();
        var began = TimeProvider.System.GetTimestamp();
        var loads = Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            // Some loads must succeed, or the test proves nothing.
            while (TimeProvider.System.GetElapsedTime(began) < Duration || (served == 0 && !cancellationToken.IsCancellationRequested))
            {
                try
                {
                    using var model = await ModelLoader.LoadAsync(options, cancellationToken);
                    // Again and again, for whoever changes the file after it was loaded.
                    for (var round = 0; round < 20; round++)
                        Assert.That(Infer(model), Is.EqualTo(Right), "bytes were run that were not verified");
                    Interlocked.Increment(ref served);
                }
                catch (ModelRefusedException e)
                {
                    Assert.That(Reasons, Does.Contain(e.Reason), e.Message);
                    Assert.That(e.Message, Does.Contain(prey.Folder).Or.Contain("model.onnx").Or.Contain("weights.bin"));
                    refused.AddOrUpdate(e.Reason, 1, static (_, count) => count + 1);
                }
            }
        }, cancellationToken)).ToArray();
        await Task.WhenAll(loads);
        await stop.CancelAsync();
        await attacker;
        TestContext.Out.WriteLine($"{attacks} attacks: {served} loads served, refused: {string.Join(", ", refused.Select(static entry => $"{entry.Key} {entry.Value}"))}");
        Assert.That(served, Is.GreaterThan(0));
        Assert.That(refused, Is.Not.Empty, "no attack was ever noticed, so none hit");
    }

    private static float[] Infer(LoadedModel model)
    {
        using var x = LoadedEngine.Floats([1, 3], 1, 2, 3);
        using var y = model.Session.Run([x], [0])[0];
        return y.Data<float>().ToArray();
    }

    /// <summary>A model with weights in a file of their own, and everything an attacker puts in their place.</summary>
    private sealed class Prey : IDisposable
    {
        public const int Attacks = 7;
        private static readonly byte[] EvilWeights = new byte[OnnxModels.LinearWeights().Length];
        private readonly TemporaryFolder _folder;
        private readonly Dictionary<string, byte[]> _good = new() { ["model.onnx"] = OnnxModels.LinearWithExternalWeights("weights.bin"), ["weights.bin"] = OnnxModels.LinearWeights() };
        private readonly Dictionary<string, byte[]> _evil = new() { ["model.onnx"] = OnnxModels.Identity(OnnxModels.Float), ["weights.bin"] = EvilWeights };
        private readonly string _elsewhere;
        private readonly string _away;

        public Prey(TemporaryFolder folder)
        {
            _folder = folder;
            (Folder, _elsewhere, _away) = (folder.File("model"), folder.File("elsewhere"), folder.File("away"));
            Directory.CreateDirectory(Folder);
            Directory.CreateDirectory(_elsewhere);
            foreach (var (name, bytes) in _good)
                File.WriteAllBytes(Path.Combine(Folder, name), bytes);
            foreach (var (name, bytes) in _evil)
                File.WriteAllBytes(Path.Combine(_elsewhere, name), bytes);
        }

        public string Folder { get; }

        public void Attack(int number, bool weights)
        {
            var name = weights ? "weights.bin" : "model.onnx";
            var file = Path.Combine(Folder, name);
            switch (number)
            {
                // In the very file, so that who has it open or mapped sees it too.
                case 0: Overwrite(file, _evil[name]); break;
                case 1: Cut(file); break;
                case 2: File.Delete(file); break;
                case 3: Link(file, Path.Combine(_elsewhere, name)); break;
                case 4: Replace(file, _evil[name]); break;
                case 5: File.Delete(file); Directory.CreateDirectory(file); break;
                default:
                    Directory.Move(Folder, _away);
                    File.CreateSymbolicLink(Folder, _elsewhere);
                    break;
            }
        }

        public void Restore()
        {
            if (Directory.Exists(_away))
            {
                File.Delete(Folder);
                Directory.Move(_away, Folder);
            }
            foreach (var (name, bytes) in _good)
            {
                var file = Path.Combine(Folder, name);
                if (Directory.Exists(file))
                    Directory.Delete(file);
                Replace(file, bytes);
            }
        }

        public void Dispose() => Restore();

        private static void Overwrite(string file, byte[] bytes)
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            stream.Write(bytes);
        }

        private static void Cut(string file)
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            stream.SetLength(stream.Length / 2);
        }

        private void Link(string file, string target)
        {
            var spare = _folder.File("spare");
            File.CreateSymbolicLink(spare, target);
            File.Move(spare, file, overwrite: true);
        }

        private void Replace(string file, byte[] bytes)
        {
            var spare = _folder.File("spare");
            File.WriteAllBytes(spare, bytes);
            File.Move(spare, file, overwrite: true);
        }
    }
}
