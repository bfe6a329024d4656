package check

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/validation"
	podsecurity "k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

const manifests = "../kubernetes"

// decode reads a manifest into its type, and refuses what the type doesn't know.
func decode(t *testing.T, manifest []byte) (runtime.Object, error) {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		corev1.AddToScheme, appsv1.AddToScheme, autoscalingv2.AddToScheme, networkingv1.AddToScheme, policyv1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	object, _, err := serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer().Decode(manifest, nil, nil)
	return object, err
}

// mustBuild is what `kubectl apply -k` would send.
func mustBuild(t *testing.T) []runtime.Object {
	t.Helper()
	resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), manifests)
	if err != nil {
		t.Fatal(err)
	}
	var objects []runtime.Object
	for _, r := range resources.Resources() {
		manifest, err := r.AsYAML()
		if err != nil {
			t.Fatal(err)
		}
		object, err := decode(t, manifest)
		if err != nil {
			t.Fatalf("decode %s: %v", r.CurId(), err)
		}
		if r.GetKind() != "Namespace" && r.GetNamespace() != "mysingle" {
			t.Errorf("%s is in namespace %q", r.CurId(), r.GetNamespace())
		}
		objects = append(objects, object)
	}
	return objects
}

// mustFind is the one object of the type that fits.
func mustFind[T runtime.Object](t *testing.T, objects []runtime.Object, fits func(T) bool) T {
	t.Helper()
	var found []T
	for _, object := range objects {
		if o, ok := object.(T); ok && fits(o) {
			found = append(found, o)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d are a %T", len(found), *new(T))
	}
	return found[0]
}

func anyOf[T runtime.Object](T) bool { return true }

func TestEveryManifestIsApplied(t *testing.T) {
	listed := string(mustRead(t, filepath.Join(manifests, "kustomization.yaml")))
	files, err := filepath.Glob(filepath.Join(manifests, "*.yaml"))
	if err != nil || len(files) < 2 {
		t.Fatalf("manifests: got %v, %v, want at least 2", files, err)
	}
	for _, file := range files {
		if name := filepath.Base(file); name != "kustomization.yaml" && !strings.Contains(listed, "- "+name+"\n") {
			t.Errorf("%s isn't in kustomization.yaml", name)
		}
	}
}

func TestUnknownMembersAreRefused(t *testing.T) {
	manifest := string(mustRead(t, filepath.Join(manifests, "deployment.yaml")))
	for from, to := range map[string]string{"maxSurge: 1": "maxSurges: 1", "containerPort: 8080": "containerPort: http", "apps/v1": "apps/v2"} {
		changed := strings.Replace(manifest, from, to, 1)
		if _, err := decode(t, []byte(changed)); err == nil || changed == manifest {
			t.Errorf("%s was taken", to)
		}
	}
}

func TestDeployment(t *testing.T) {
	objects := mustBuild(t)
	deployment := mustFind(t, objects, anyOf[*appsv1.Deployment])
	config := mustFind(t, objects, anyOf[*corev1.ConfigMap])
	pod := deployment.Spec.Template
	bff := pod.Spec.Containers[0]

	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	restricted := podsecurity.LevelVersion{Level: podsecurity.LevelRestricted, Version: podsecurity.LatestVersion()}
	if result := policy.AggregateCheckResults(evaluator.EvaluatePod(restricted, &pod.ObjectMeta, &pod.Spec)); !result.Allowed {
		t.Errorf("the namespace would refuse the pod: %s", result.ForbiddenDetail())
	}
	if !*bff.SecurityContext.ReadOnlyRootFilesystem || *pod.Spec.AutomountServiceAccountToken {
		t.Error("it could write, or has a token")
	}
	if account := mustFind(t, objects, anyOf[*corev1.ServiceAccount]); account.Name != pod.Spec.ServiceAccountName || *account.AutomountServiceAccountToken {
		t.Errorf("it is %s, and not without a token", account.Name)
	}
	if bff.EnvFrom[0].ConfigMapRef.Name != config.Name || config.Name == "bff" {
		t.Errorf("it reads %s, not %s", bff.EnvFrom[0].ConfigMapRef.Name, config.Name)
	}
	if _, tag, _ := strings.Cut(bff.Image, ":"); !strings.HasPrefix(tag, "v") {
		t.Errorf("%s isn't a release", bff.Image)
	}
	known := settings(t)
	for name := range config.Data {
		if !known[name] {
			t.Errorf("the BFF has no setting %s", name)
		}
	}

	// What a line proposes is a setting too.
	for line := range strings.Lines(string(mustRead(t, filepath.Join(manifests, "settings.env")))) {
		if name, _, ok := strings.Cut(strings.TrimPrefix(line, "#"), "="); ok && !strings.Contains(name, " ") && !known[name] {
			t.Errorf("the BFF has no setting %s", name)
		}
	}

	ports := map[string]int32{}
	for _, port := range bff.Ports {
		ports[port.Name] = port.ContainerPort
	}
	if strconv.Itoa(int(ports["metrics"])) != config.Data["BFF_METRICS_PORT"] || ports["http"] != 8080 || pod.Annotations["prometheus.io/port"] != config.Data["BFF_METRICS_PORT"] {
		t.Errorf("it listens elsewhere than at %v", ports)
	}
	for path, probe := range map[string][]*corev1.Probe{"/livez": {bff.StartupProbe, bff.LivenessProbe}, "/readyz": {bff.ReadinessProbe}} {
		for _, p := range probe {
			if p.HTTPGet.Path != path || ports[p.HTTPGet.Port.StrVal] != 8080 {
				t.Errorf("a probe asks %s at %s", p.HTTPGet.Path, p.HTTPGet.Port.StrVal)
			}
		}
	}

	shutdown, err := time.ParseDuration(config.Data["BFF_SHUTDOWN_TIMEOUT"])
	if err != nil {
		t.Fatal(err)
	}
	grace := time.Duration(*pod.Spec.TerminationGracePeriodSeconds) * time.Second
	if needed := time.Duration(bff.Lifecycle.PreStop.Sleep.Seconds)*time.Second + shutdown; grace <= needed {
		t.Errorf("it is killed after %s, and may need %s", grace, needed)
	}
	mustLeaveRoom(t, bff.Env[0].Value, bff.Resources.Limits.Memory().Value())
}

// mustLeaveRoom fails where Go would use more memory than the container has, or
// a tenth of it for nothing but the heap isn't left.
func mustLeaveRoom(t *testing.T, goMemoryLimit string, limit int64) {
	t.Helper()
	heap, err := resource.ParseQuantity(strings.TrimSuffix(goMemoryLimit, "B"))
	if err != nil {
		t.Fatal(err)
	}
	if heap.Value() > limit*91/100 || heap.Value() < limit*8/10 {
		t.Errorf("GOMEMLIMIT=%s of %d bytes", goMemoryLimit, limit)
	}
}

// What is said of the BFF's pods is said of these.
func TestSelectors(t *testing.T) {
	objects := mustBuild(t)
	deployment := mustFind(t, objects, anyOf[*appsv1.Deployment])
	pod := deployment.Spec.Template
	selectors := map[string]*metav1.LabelSelector{
		"the deployment":                 deployment.Spec.Selector,
		"the budget":                     mustFind(t, objects, anyOf[*policyv1.PodDisruptionBudget]).Spec.Selector,
		"the service":                    {MatchLabels: mustFind(t, objects, anyOf[*corev1.Service]).Spec.Selector},
		"the spread over zones":          pod.Spec.TopologySpreadConstraints[0].LabelSelector,
		"the spread over machines":       pod.Spec.TopologySpreadConstraints[1].LabelSelector,
		"the BFF's own network policy":   &mustFind(t, objects, func(p *networkingv1.NetworkPolicy) bool { return p.Name == "bff" }).Spec.PodSelector,
		"the namespace's network policy": &mustFind(t, objects, func(p *networkingv1.NetworkPolicy) bool { return p.Name != "bff" }).Spec.PodSelector,
	}
	for whose, s := range selectors {
		selector, err := metav1.LabelSelectorAsSelector(s)
		if err != nil || !selector.Matches(labels.Set(pod.Labels)) {
			t.Errorf("%s selects %s, %v", whose, selector, err)
		}
	}
	if scaler := mustFind(t, objects, anyOf[*autoscalingv2.HorizontalPodAutoscaler]).Spec; scaler.ScaleTargetRef.Name != deployment.Name || scaler.ScaleTargetRef.Kind != "Deployment" || *scaler.MinReplicas < 2 || deployment.Spec.Replicas != nil {
		t.Errorf("%+v doesn't scale it", scaler)
	}
	if service := mustFind(t, objects, anyOf[*corev1.Service]); service.Spec.Ports[0].TargetPort.StrVal != "http" {
		t.Errorf("the service leads to %v", service.Spec.Ports)
	}
}

// Nothing may pass but to and from what is named, at ports that are named.
func TestNetworkPolicies(t *testing.T) {
	objects := mustBuild(t)
	both := []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress}
	deny := mustFind(t, objects, func(p *networkingv1.NetworkPolicy) bool { return p.Name == "deny-by-default" }).Spec
	if !slices.Equal(deny.PolicyTypes, both) || len(deny.Ingress)+len(deny.Egress)+len(deny.PodSelector.MatchLabels) > 0 {
		t.Errorf("%+v lets something pass", deny)
	}
	bff := mustFind(t, objects, func(p *networkingv1.NetworkPolicy) bool { return p.Name == "bff" }).Spec
	if !slices.Equal(bff.PolicyTypes, both) {
		t.Errorf("it is about %v", bff.PolicyTypes)
	}
	var in, out []string
	for _, rule := range bff.Ingress {
		if len(rule.From) == 0 {
			t.Error("everybody comes in")
		}
		for _, port := range rule.Ports {
			in = append(in, port.Port.String())
		}
	}
	for _, rule := range bff.Egress {
		if len(rule.To) == 0 {
			t.Error("it reaches everybody")
		}
		for _, port := range rule.Ports {
			out = append(out, port.Port.String())
		}
	}
	if !slices.Equal(in, []string{"http", "metrics"}) || !slices.Equal(out, []string{"53", "53", "443", "6379", "4318"}) {
		t.Errorf("in at %v, out at %v", in, out)
	}
}

// secretNames are the settings in the example of a secret, which can't be
// applied before it is filled in.
func secretNames(t *testing.T) []string {
	t.Helper()
	object, err := decode(t, mustRead(t, filepath.Join(manifests, "secret.example")))
	if err != nil {
		t.Fatal(err)
	}
	secret := object.(*corev1.Secret)
	if faults := validation.IsDNS1123Subdomain(secret.Name); len(faults) == 0 {
		t.Errorf("a cluster would take a secret named %s", secret.Name)
	}
	var names []string
	for name, value := range secret.StringData {
		if !settings(t)[name] || !strings.HasPrefix(value, "<") {
			t.Errorf("%s is no setting, or has a value: %s", name, value)
		}
		names = append(names, name)
	}
	return names
}
