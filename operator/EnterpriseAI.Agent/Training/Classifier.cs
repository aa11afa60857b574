namespace EnterpriseAI.Agent.Training;

/// <summary>
/// A softmax classifier, with one hidden layer of rectified linear units or, at width 0, without. All parameters
/// are one vector, because that is what a gradient step and the averaging between workers act on.
/// </summary>
internal sealed class Classifier(int inputs, int hidden, int classes)
{
    /// <summary>Parameters above this are refused: the whole vector travels between workers at every averaging.</summary>
    public const int MaxParameters = 4_000_000;

    public int Inputs => inputs;

    public int Hidden => hidden;

    public int Classes => classes;

    /// <summary>Order: hidden weights [inputs, hidden], hidden biases, output weights [width, classes], output biases.</summary>
    public int ParameterCount { get; } = hidden > 0
        ? (inputs * hidden) + hidden + (hidden * classes) + classes
        : (inputs * classes) + classes;

    private int LastWidth => hidden > 0 ? hidden : inputs;

    public Range HiddenWeights => ..(inputs * hidden);

    public Range HiddenBiases => (inputs * hidden)..((inputs * hidden) + hidden);

    public Range OutputWeights
    {
        get
        {
            var start = (inputs * hidden) + hidden;
            return start..(start + (LastWidth * classes));
        }
    }

    public Range OutputBiases => (ParameterCount - classes)..ParameterCount;

    /// <summary>Starting parameters: He's variance for the weights, zero for the biases.</summary>
    public double[] Initialize(Random random)
    {
        var parameters = new double[ParameterCount];
        FillNormal(parameters.AsSpan(HiddenWeights), Math.Sqrt(2.0 / inputs), random);
        FillNormal(parameters.AsSpan(OutputWeights), Math.Sqrt(1.0 / LastWidth), random);
        return parameters;
    }

    /// <summary>Class probabilities of one encoded row.</summary>
    public double[] Predict(ReadOnlySpan<double> parameters, ReadOnlySpan<double> row)
    {
        var activation = new double[LastWidth];
        var probabilities = new double[classes];
        Forward(parameters, row, activation, probabilities);
        return probabilities;
    }

    /// <summary>
    /// Mean cross-entropy over the batch plus <paramref name="decay"/>/2 times the squared weights, and its gradient.
    /// </summary>
    /// <returns>The summed cross-entropy (without the decay term) and how many rows were classified correctly.</returns>
    public (double LossSum, int Correct) Gradient(
        ReadOnlySpan<double> parameters, double[][] rows, int[] labels, ReadOnlySpan<int> batch, double decay, Span<double> gradient)
    {
        gradient.Clear();
        var activation = new double[LastWidth];
        var probabilities = new double[classes];
        var outputWeights = parameters[OutputWeights];
        var lossSum = 0.0;
        var correct = 0;
        foreach (var index in batch)
        {
            Forward(parameters, rows[index], activation, probabilities);
            lossSum -= Math.Log(Math.Max(probabilities[labels[index]], double.Epsilon));
            correct += ArgMax(probabilities) == labels[index] ? 1 : 0;

            // For softmax with cross-entropy the gradient at the logits is simply what is predicted minus what is true.
            probabilities[labels[index]] -= 1;
            Accumulate(gradient[OutputWeights], gradient[OutputBiases], activation, probabilities);
            if (hidden > 0)
            {
                var atHidden = new double[hidden];
                for (var unit = 0; unit < hidden; unit++)
                {
                    if (activation[unit] > 0)
                    {
                        for (var c = 0; c < classes; c++)
                        {
                            atHidden[unit] += outputWeights[(unit * classes) + c] * probabilities[c];
                        }
                    }
                }

                Accumulate(gradient[HiddenWeights], gradient[HiddenBiases], rows[index], atHidden);
            }
        }

        for (var i = 0; i < gradient.Length; i++)
        {
            gradient[i] /= batch.Length;
        }

        AddDecay(parameters[HiddenWeights], gradient[HiddenWeights], decay);
        AddDecay(outputWeights, gradient[OutputWeights], decay);
        return (lossSum, correct);
    }

    /// <summary>The first of the largest values, as ONNX's ArgMax has it.</summary>
    public static int ArgMax(ReadOnlySpan<double> values)
    {
        var best = 0;
        for (var i = 1; i < values.Length; i++)
        {
            best = values[i] > values[best] ? i : best;
        }

        return best;
    }

    private void Forward(ReadOnlySpan<double> parameters, ReadOnlySpan<double> row, double[] activation, double[] probabilities)
    {
        if (hidden > 0)
        {
            Affine(parameters[HiddenWeights], parameters[HiddenBiases], row, activation);
            for (var unit = 0; unit < hidden; unit++)
            {
                activation[unit] = Math.Max(0, activation[unit]);
            }
        }
        else
        {
            row.CopyTo(activation);
        }

        Affine(parameters[OutputWeights], parameters[OutputBiases], activation, probabilities);
        Softmax(probabilities);
    }

    private static void Affine(ReadOnlySpan<double> weights, ReadOnlySpan<double> biases, ReadOnlySpan<double> input, Span<double> output)
    {
        biases.CopyTo(output);
        for (var i = 0; i < input.Length; i++)
        {
            for (var o = 0; o < output.Length; o++)
            {
                output[o] += input[i] * weights[(i * output.Length) + o];
            }
        }
    }

    private static void Softmax(Span<double> values)
    {
        // Subtracting the largest leaves the result as it is and keeps the exponentials finite.
        var largest = values[ArgMax(values)];
        var sum = 0.0;
        foreach (ref var value in values)
        {
            value = Math.Exp(value - largest);
            sum += value;
        }

        foreach (ref var value in values)
        {
            value /= sum;
        }
    }

    private static void Accumulate(Span<double> weights, Span<double> biases, ReadOnlySpan<double> input, ReadOnlySpan<double> error)
    {
        for (var i = 0; i < input.Length; i++)
        {
            for (var o = 0; o < error.Length; o++)
            {
                weights[(i * error.Length) + o] += input[i] * error[o];
            }
        }

        for (var o = 0; o < error.Length; o++)
        {
            biases[o] += error[o];
        }
    }

    private static void AddDecay(ReadOnlySpan<double> weights, Span<double> gradient, double decay)
    {
        for (var i = 0; i < weights.Length; i++)
        {
            gradient[i] += decay * weights[i];
        }
    }

    private static void FillNormal(Span<double> values, double deviation, Random random)
    {
        foreach (ref var value in values)
        {
            // Box and Muller's transform; 1 - u keeps the logarithm finite.
            value = deviation * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        }
    }
}
