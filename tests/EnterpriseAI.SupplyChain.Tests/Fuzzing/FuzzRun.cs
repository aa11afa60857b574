using System.Diagnostics;
using System.Globalization;

namespace EnterpriseAI.SupplyChain.Tests.Fuzzing;

/// <summary>Reads many changed inputs, one after another. Each depends on the seed and its own number alone, so that any can be made again.</summary>
internal sealed class FuzzRun(FuzzTarget target, int seed, int inputs)
{
    private long started;
    private int current;
    private TimeSpan slowest;
    private long largest;
    private TimeSpan all;

    public int Inputs => inputs;

    public int Refused { get; private set; }

    /// <summary>What went wrong first; null if nothing did.</summary>
    public string? Failure { get; private set; }

    /// <summary>The input that is being read, and since when.</summary>
    public (int Index, long Since) Current => (Volatile.Read(ref current), Volatile.Read(ref started) is 0 ? Stopwatch.GetTimestamp() : Volatile.Read(ref started));

    public void Run()
    {
        // What is made once is not an input's.
        for (var i = 0; i < target.Seeds.Value.Length; i++)
            target.Read(i, target.Seeds.Value[i]);
        var begun = Stopwatch.GetTimestamp();
        for (var i = 0; i < inputs && Failure is null; i++)
        {
            var (number, input) = Input(i);
            Volatile.Write(ref current, i);
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            Volatile.Write(ref started, Stopwatch.GetTimestamp());
            try
            {
                target.Read(number, input);
            }
            catch (SupplyChainException)
            {
                Refused++;
            }
            catch (Exception e)
            {
                Failure = $"input {i} throws {e}\n{Convert.ToBase64String(input)}";
            }
            var took = Stopwatch.GetElapsedTime(Volatile.Read(ref started));
            Volatile.Write(ref started, 0);
            allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
            (slowest, largest) = (took > slowest ? took : slowest, Math.Max(allocated, largest));
            if (allocated > FuzzTests.AllowedBytes(input.Length))
                Failure ??= $"input {i} of {input.Length} bytes takes {allocated} bytes of memory\n{Convert.ToBase64String(input)}";
        }
        all = Stopwatch.GetElapsedTime(begun);
    }

    public string Summary() => string.Create(CultureInfo.InvariantCulture,
        $"{target.Name}: seed {seed}, {inputs} inputs in {all.TotalSeconds:0.0} s, {Refused} refused, slowest {slowest.TotalMilliseconds:0.0} ms, most memory {largest >> 10} KiB");

    private (int Number, byte[] Input) Input(int index)
    {
        var random = new Random(HashOf(seed, index));
        var number = random.Next(target.Seeds.Value.Length);
        var input = target.Change(target.Seeds.Value[number], random);
        return (number, random.Next(10) == 0 ? ByteMutation.Change(input, random) : input);
    }

    // Not HashCode.Combine, which differs between runs.
    private static int HashOf(int seed, int index) => unchecked((seed * 397) ^ (index * (int)2654435761));
}
